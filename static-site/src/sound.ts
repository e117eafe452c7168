/** Measures how loud a microphone is. Knows nothing of calls or the page. */

/** How often to measure, in milliseconds. */
const period = 100;

/** A microphone counts as silent after this many milliseconds without any sound. */
export const silentAfter = 4_000;

/** Even a quiet room is louder than this. A microphone that is switched off is not. */
const noiseFloor = 0.0001;

/** The loudness of `samples` from 0 to 1, on a logarithmic scale, as people hear it. */
export function levelOf(samples: Float32Array): number {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / (samples.length || 1);
  const decibels = 10 * Math.log10(power + 1e-12);
  return Math.min(1, Math.max(0, 1 + decibels / 60));
}

/** Calls `alarm` when silence has lasted long enough, and when it ends. */
export function createSilenceAlarm(alarm: (silent: boolean) => void): (loudest: number) => void {
  let quiet = 0;
  return (loudest) => {
    const wasSilent = quiet >= silentAfter;
    quiet = loudest > noiseFloor ? 0 : quiet + period;
    const isSilent = quiet >= silentAfter;
    if (isSilent !== wasSilent) alarm(isSilent);
  };
}

interface LevelCallbacks {
  readonly level: (level: number) => void;
  readonly silent: (silent: boolean) => void;
}

/** Measures `track` until the returned function is called. */
export function listenTo(track: MediaStreamTrack, { level, silent }: LevelCallbacks): () => void {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const hear = createSilenceAlarm(silent);
  const timer = setInterval(() => {
    // Browsers start no sound before the first click or key. That is not silence.
    if (context.state !== "running") {
      void context.resume();
      return;
    }
    analyser.getFloatTimeDomainData(samples);
    level(levelOf(samples));
    hear(samples.reduce((loudest, sample) => Math.max(loudest, Math.abs(sample)), 0));
  }, period);
  return () => {
    clearInterval(timer);
    void context.close();
  };
}
