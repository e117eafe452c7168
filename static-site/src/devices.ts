/**
 * Opens one's own camera and microphone, as many of the two as there are, and
 * says what stood in the way of the others. Knows nothing of calls.
 */

/** Why a device gives nothing. */
export type Trouble = "missing" | "denied" | "in_use" | "insecure" | "failed";

export interface OwnTracks {
  readonly camera: MediaStreamTrack | null;
  readonly microphone: MediaStreamTrack | null;
}

export interface DeviceReport {
  readonly camera: Trouble | null;
  readonly microphone: Trouble | null;
}

export interface Devices {
  readonly tracks: OwnTracks;
  readonly report: DeviceReport;
}

export type Device = keyof OwnTracks;

const constraints = {
  camera: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } },
  microphone: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
} as const;

/**
 * Asks for both at once, which is one question to the person. Only when that
 * fails does it ask for each alone, to keep what works and to name what does not.
 */
export async function openDevices(media: MediaDevices | undefined): Promise<Devices> {
  // Browsers hide devices from pages that were not loaded over https.
  if (media === undefined) return nothing("insecure", "insecure");

  const present = await listKinds(media);
  const camera = present.has("videoinput");
  const microphone = present.has("audioinput");
  if (!camera && !microphone) return nothing("missing", "missing");

  if (camera && microphone) {
    const both = await open(media, ["camera", "microphone"]);
    if (typeof both !== "string")
      return { tracks: both, report: { camera: null, microphone: null } };
  }
  const sound = microphone ? await open(media, ["microphone"]) : "missing";
  const picture = camera ? await open(media, ["camera"]) : "missing";
  return {
    tracks: {
      camera: typeof picture === "string" ? null : picture.camera,
      microphone: typeof sound === "string" ? null : sound.microphone,
    },
    report: {
      camera: typeof picture === "string" ? picture : null,
      microphone: typeof sound === "string" ? sound : null,
    },
  };
}

/** Turns the devices' lights off. */
export function closeTracks({ camera, microphone }: OwnTracks): void {
  camera?.stop();
  microphone?.stop();
}

const nothing = (camera: Trouble, microphone: Trouble): Devices => ({
  tracks: { camera: null, microphone: null },
  report: { camera, microphone },
});

async function listKinds(media: MediaDevices): Promise<Set<MediaDeviceKind>> {
  try {
    return new Set((await media.enumerateDevices()).map((device) => device.kind));
  } catch {
    // A browser that does not tell is asked for both.
    return new Set(["audioinput", "videoinput"]);
  }
}

async function open(media: MediaDevices, kinds: readonly Device[]): Promise<OwnTracks | Trouble> {
  try {
    const stream = await media.getUserMedia({
      video: kinds.includes("camera") && constraints.camera,
      audio: kinds.includes("microphone") && constraints.microphone,
    });
    const camera = stream.getVideoTracks()[0] ?? null;
    // Faces move: when the line is thin, keep the picture moving rather than sharp.
    if (camera !== null) camera.contentHint = "motion";
    return {
      camera,
      microphone: stream.getAudioTracks()[0] ?? null,
    };
  } catch (error) {
    return troubleOf(error);
  }
}

function troubleOf(error: unknown): Trouble {
  switch (error instanceof Error ? error.name : "") {
    case "NotFoundError":
    case "OverconstrainedError":
      return "missing";
    case "NotAllowedError":
      return "denied";
    case "NotReadableError":
    case "AbortError":
      return "in_use";
    case "SecurityError":
    case "TypeError":
      return "insecure";
    default:
      return "failed";
  }
}
