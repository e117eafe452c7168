/** Shows how loud the microphone is, ten times a second and past the state: nothing depends on it. */
import { useEffect, useRef } from "preact/hooks";
import { words } from "../messages";
import { listenTo } from "../sound";

interface Props {
  readonly track: MediaStreamTrack;
  readonly onSilent: (silent: boolean) => void;
}

export function LevelMeter({ track, onSilent }: Props) {
  const meter = useRef<HTMLMeterElement>(null);
  useEffect(
    () =>
      listenTo(track, {
        level: (level) => {
          if (meter.current !== null) meter.current.value = level;
        },
        silent: onSilent,
      }),
    [track],
  );
  return <meter ref={meter} class="level" min={0} max={1} aria-label={words.setup.level} />;
}
