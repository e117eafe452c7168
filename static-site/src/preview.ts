/**
 * The devices before a call. The preview opens and owns them, until it hands
 * them over to the call or closes them.
 */
import type { DeviceOption, Devices, OwnTracks } from "./devices";
import type { Preferences, SetupEvent } from "./setup-state";

export interface Preview {
  /** Opens the devices in `preferences`, and closes those that were open before. */
  open(preferences: Preferences): Promise<void>;
  /** Hands over the devices that are open or being opened; null if there are none. */
  take(): Promise<Devices> | null;
  close(): void;
}

interface Ports {
  readonly openDevices: (preferences: Preferences) => Promise<Devices>;
  readonly listDevices: () => Promise<readonly DeviceOption[]>;
  readonly dispatch: (event: SetupEvent) => void;
}

export function createPreview({ openDevices, listDevices, dispatch }: Ports): Preview {
  /** The latest opening. The tracks of earlier ones are closed as soon as they arrive. */
  let opening: Promise<Devices> | null = null;
  let tracks: OwnTracks | null = null;

  function letGo(): void {
    if (tracks !== null) closeTracks(tracks);
    tracks = null;
  }

  return {
    async open(preferences) {
      // Some cameras serve one track at a time.
      letGo();
      dispatch({ type: "setupOpening" });
      const mine = openDevices(preferences);
      opening = mine;
      const opened = await mine;
      if (opening !== mine) {
        // Either a call has taken this promise, or a later opening has replaced it.
        if (!taken.has(mine)) closeTracks(opened.tracks);
        return;
      }
      tracks = opened.tracks;
      dispatch({ type: "setupOpened", ...opened });
      // Browsers tell the names of devices only after they were opened.
      dispatch({ type: "optionsListed", options: await listDevices() });
    },

    take() {
      const handed = opening;
      if (handed !== null) taken.add(handed);
      opening = null;
      tracks = null;
      dispatch({ type: "setupClosed" });
      return handed;
    },

    close() {
      letGo();
      opening = null;
      dispatch({ type: "setupClosed" });
    },
  };
}

const taken = new WeakSet<Promise<Devices>>();

/** Turns the devices' lights off. */
function closeTracks({ camera, microphone }: OwnTracks): void {
  camera?.stop();
  microphone?.stop();
}
