/**
 * The user's camera and microphone during a call. Each is opened by itself, sent
 * over the current connection, and closed when it is switched off or the call
 * ends. It stays open while the other one changes and while a lost connection is
 * replaced.
 */
import type { CallStateEvent } from "./call-state";
import {
  type Device,
  type DeviceOption,
  type DeviceReport,
  type Devices,
  type OpenedDevice,
} from "./devices";
import type { Call } from "./members";
import type { Preview } from "./preview";
import type { Preferences } from "./setup-state";

export interface OwnMedia {
  /** Opens the wanted devices, unless they are open already, and sends them in `call`. */
  start(call: Call): Promise<void>;
  /** The connection is lost. `uncertain`: nobody knows whether the server has what we sent. */
  lose(uncertain: boolean): void;
  /** Sends the same in `call` as in the connection before. */
  moveTo(call: Call): Promise<void>;
  /** Switches `device`. The preferences already say whether it is wanted. */
  setDeviceEnabled(device: Device, enabled: boolean): Promise<void>;
  /** Opens the device that was picked in place of the one in use. */
  switchDevice(device: Device): Promise<void>;
  /** Notes which devices are plugged in now. */
  noteDevices(present: readonly DeviceOption[]): void;
  /** Closes the devices after a moderator has stopped our stream. */
  closeDevices(): void;
  /** The call is over for us. */
  end(): void;
}

interface Ports {
  readonly preview: Preview;
  readonly openDevices: (preferences: Preferences) => Promise<Devices>;
  readonly openDevice: (device: Device, preferences: Preferences) => Promise<OpenedDevice>;
  readonly preferences: () => Preferences;
  readonly dispatch: (event: CallStateEvent) => void;
}

/** After how many connections without a certain outcome we stop sending by ourselves. */
export const mostUncertain = 3;

const kinds = ["camera", "microphone"] as const;

const allWell: DeviceReport = { camera: null, microphone: null };

export function createOwnMedia(ports: Ports): OwnMedia {
  const { preview, preferences, dispatch } = ports;
  let call: Call | null = null;
  const tracks: Record<Device, MediaStreamTrack | null> = { camera: null, microphone: null };
  let report = allWell;
  /** The latest opening of each device. A track of an earlier one is closed. */
  const latest: Record<Device, object> = { camera: {}, microphone: {} };
  const opening: Record<Device, boolean> = { camera: false, microphone: false };
  /** The latest request to send. The outcome of an earlier one says nothing about what is open now. */
  let latestSend = {};
  /** How many connections in a row were lost without a certain outcome. */
  let uncertain = 0;

  const isWanted = (device: Device) => preferences().wanted[device];

  /** Says what will be sent. A device that is being opened counts, so that it can be switched off. */
  function announce(): void {
    const isIntended = (device: Device) =>
      isWanted(device) && (tracks[device] !== null || opening[device]);
    const intended = { camera: isIntended("camera"), microphone: isIntended("microphone") };
    dispatch({ type: "mediaIntended", intended });
  }

  /** Reports what is wrong with `device`; null if nothing is. */
  function tell(device: Device, trouble: DeviceReport[Device]): void {
    report = { ...report, [device]: trouble };
    dispatch({ type: "devicesReported", report });
  }

  function adopt(device: Device, track: MediaStreamTrack | null): void {
    tracks[device] = track;
    if (track === null) return;
    if (device === "microphone") track.enabled = isWanted(device);
    // Fires when the device is unplugged, not when we stop the track.
    track.onended = () => {
      if (tracks[device] !== track) return;
      tracks[device] = null;
      tell(device, "unplugged");
      void send();
    };
  }

  function drop(device: Device): void {
    latest[device] = {};
    opening[device] = false;
    const track = tracks[device];
    tracks[device] = null;
    release(track);
    announce();
  }

  async function send(): Promise<void> {
    announce();
    const receiver = call;
    if (receiver === null) return;
    const mine = {};
    latestSend = mine;
    const outcome = await receiver.publish({ ...tracks, muted: !isWanted("microphone") });
    if (call !== receiver || latestSend !== mine) return;
    if (outcome.ok) {
      uncertain = 0;
      dispatch({ type: "published" });
    } else {
      if (outcome.error.code !== "device_not_switched") kinds.forEach(drop);
      dispatch({ type: "publishFailed", problem: outcome.error });
    }
  }

  async function openOne(device: Device): Promise<void> {
    const mine = {};
    latest[device] = mine;
    opening[device] = true;
    announce();
    const isLatest = () => latest[device] === mine;
    let { track, trouble } = await ports.openDevice(device, preferences());
    if (trouble === "in_use" && isLatest() && tracks[device] !== null) {
      // Some machines serve one camera at a time.
      release(tracks[device]);
      tracks[device] = null;
      ({ track, trouble } = await ports.openDevice(device, preferences()));
    }
    if (!isLatest()) {
      release(track);
      return;
    }
    opening[device] = false;
    tell(device, trouble);
    const before = tracks[device];
    // The track before still works.
    if (track === null && before !== null) return;
    adopt(device, track);
    await send();
    if (before !== null && before !== track) release(before);
  }

  async function openAll(): Promise<void> {
    const mine = {};
    for (const device of kinds) {
      latest[device] = mine;
      opening[device] = true;
    }
    dispatch({ type: "devicesAsked" });
    announce();
    const opened = await (preview.take() ?? ports.openDevices(preferences()));
    const overtaken = kinds.filter((device) => latest[device] !== mine);
    for (const device of kinds) {
      const track = opened.tracks[device];
      if (overtaken.includes(device)) release(track);
      else {
        opening[device] = false;
        adopt(device, track);
      }
    }
    const allOvertaken = overtaken.length === kinds.length;
    // The call is over, and the next one may have begun.
    if (call === null && allOvertaken) return;
    report = opened.report;
    dispatch({ type: "devicesReported", report });
    if (!allOvertaken) await send();
  }

  return {
    async start(joined) {
      call = joined;
      uncertain = 0;
      if (tracks.camera === null && tracks.microphone === null) return openAll();
      const missing = kinds.filter((device) => tracks[device] === null && isWanted(device));
      for (const device of missing) await openOne(device);
      if (missing.length === 0) await send();
    },

    lose(isUncertain) {
      call = null;
      if (isUncertain) uncertain += 1;
      announce();
    },

    async moveTo(next) {
      call = next;
      if (uncertain < mostUncertain) return send();
      kinds.forEach(drop);
      dispatch({ type: "publishFailed", problem: { code: "publish_timeout" } });
    },

    async setDeviceEnabled(device, enabled) {
      const track = tracks[device];
      if (device === "microphone" && track !== null) {
        // At once: telling the others may take a while.
        track.enabled = enabled;
        await send();
      } else if (enabled) await openOne(device);
      else {
        // A camera that is off must not keep its light on.
        drop(device);
        await send();
      }
    },

    async switchDevice(device) {
      // A camera that is off stays off.
      if (tracks[device] !== null || isWanted(device)) await openOne(device);
    },

    noteDevices(present) {
      for (const device of kinds) {
        const gone = report[device] === "missing" || report[device] === "unplugged";
        // It is plugged in again, so the user can switch it on.
        if (gone && present.some(({ kind }) => kind === device)) tell(device, null);
      }
    },

    closeDevices() {
      kinds.forEach(drop);
    },

    end() {
      call = null;
      kinds.forEach(drop);
      report = allWell;
    },
  };
}

function release(track: MediaStreamTrack | null): void {
  if (track === null) return;
  track.onended = null;
  track.stop();
}
