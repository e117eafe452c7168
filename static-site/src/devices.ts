/**
 * Opens the user's camera and microphone, or the one that works, and reports why
 * the other does not. Knows nothing of calls.
 */

/** Why a device does not work. */
export type Trouble = "missing" | "denied" | "in_use" | "insecure" | "unplugged" | "failed";

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

/** Something that is plugged in. */
export interface DeviceOption {
  readonly kind: Device | "speaker";
  /** "" until the user has allowed the page to use such a device. */
  readonly id: string;
  /** "" until the user has allowed the page to use such a device. */
  readonly label: string;
}

/** Which devices to open. */
export interface Wishes {
  readonly camera: string;
  readonly microphone: string;
  /** Only the camera: the microphone is always opened, and muted when it is not wanted. */
  readonly wanted: { readonly camera: boolean };
}

const constraints = {
  camera: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } },
  microphone: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
} as const;

/**
 * Asks for both at once, so the browser asks the user one question. If that
 * fails, it asks for each alone, to keep what works and to report what does not.
 */
export async function openDevices(
  media: MediaDevices | undefined,
  wishes: Wishes,
): Promise<Devices> {
  // Browsers hide devices from pages that were not loaded over https.
  if (media === undefined) return nothing("insecure", "insecure");

  const present = await listPresent(media);
  const camera = present.some(({ kind }) => kind === "videoinput");
  const microphone = present.some(({ kind }) => kind === "audioinput");
  const ids = new Set(present.map(({ deviceId }) => deviceId));
  const ask = (...kinds: Device[]) => open(media, { wishes, ids }, kinds);
  if (!camera && !microphone) return nothing("missing", "missing");

  if (camera && microphone && wishes.wanted.camera) {
    const both = await ask("camera", "microphone");
    if (typeof both !== "string")
      return { tracks: both, report: { camera: null, microphone: null } };
  }
  const sound = microphone ? await ask("microphone") : "missing";
  // A camera that stays off is not opened, so its light stays off.
  const unwanted = camera && !wishes.wanted.camera;
  const picture = unwanted ? noTracks : camera ? await ask("camera") : "missing";
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

/** One device, or the reason why it could not be opened. */
export type OpenedDevice =
  | { readonly track: MediaStreamTrack; readonly trouble: null }
  | { readonly track: null; readonly trouble: Trouble };

/** Opens one device and leaves the other alone. */
export async function openDevice(
  media: MediaDevices | undefined,
  device: Device,
  wishes: Wishes,
): Promise<OpenedDevice> {
  if (media === undefined) return { track: null, trouble: "insecure" };
  const ids = new Set((await listPresent(media)).map(({ deviceId }) => deviceId));
  const opened = await open(media, { wishes, ids }, [device]);
  if (typeof opened === "string") return { track: null, trouble: opened };
  const track = opened[device];
  return track === null ? { track, trouble: "failed" } : { track, trouble: null };
}

/** Asks which screen to show; null when the user cancels. */
export async function openScreen(media: MediaDevices | undefined): Promise<MediaStream | null> {
  try {
    const stream = (await media?.getDisplayMedia({ video: true, audio: true })) ?? null;
    // Text must stay readable: on a slow network, send fewer frames instead of blurred ones.
    for (const track of stream?.getVideoTracks() ?? []) track.contentHint = "detail";
    return stream;
  } catch {
    return null;
  }
}

const noTracks: OwnTracks = { camera: null, microphone: null };

const nothing = (camera: Trouble, microphone: Trouble): Devices => ({
  tracks: noTracks,
  report: { camera, microphone },
});

const kinds: Readonly<Record<MediaDeviceKind, DeviceOption["kind"]>> = {
  videoinput: "camera",
  audioinput: "microphone",
  audiooutput: "speaker",
};

/** All devices. Browsers give them an id and a label once the page may use them. */
export async function listDevices(
  media: MediaDevices | undefined,
): Promise<readonly DeviceOption[]> {
  try {
    const devices = (await media?.enumerateDevices()) ?? [];
    return devices.map(({ kind, deviceId, label }) => ({ kind: kinds[kind], id: deviceId, label }));
  } catch {
    return [];
  }
}

type Present = Pick<MediaDeviceInfo, "kind" | "deviceId">;

async function listPresent(media: MediaDevices): Promise<readonly Present[]> {
  try {
    return await media.enumerateDevices();
  } catch {
    // A browser that cannot list its devices is asked for both.
    return (["audioinput", "videoinput"] as const).map((kind) => ({ kind, deviceId: "" }));
  }
}

interface Request {
  readonly wishes: Wishes;
  /** All devices that have an id. */
  readonly ids: ReadonlySet<string>;
}

async function open(
  media: MediaDevices,
  { wishes, ids }: Request,
  kinds: readonly Device[],
): Promise<OwnTracks | Trouble> {
  const constraintsOf = (kind: Device) => {
    if (!kinds.includes(kind)) return false;
    const id = wishes[kind];
    if (id === "") return constraints[kind];
    // Chromium ignores `ideal`, so use `exact`, except for a device that is
    // unplugged: `exact` would then fail the whole request.
    return { ...constraints[kind], deviceId: ids.has(id) ? { exact: id } : { ideal: id } };
  };
  try {
    const stream = await media.getUserMedia({
      video: constraintsOf("camera"),
      audio: constraintsOf("microphone"),
    });
    const camera = stream.getVideoTracks()[0] ?? null;
    // Faces move: on a slow network, keep the picture moving instead of sharp.
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
