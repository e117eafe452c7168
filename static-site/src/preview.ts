/**
 * One's own devices before a call: opened to be looked at, then handed over to
 * the call or closed. Whatever is opened here is owned here until then.
 */
import { type DeviceOption, type Devices, type OwnTracks, closeTracks } from "./devices";
import type { Preferences, SetupEvent } from "./setup-state";

export interface Preview {
  /** Opens what `preferences` ask for in place of what was open before. */
  open(preferences: Preferences): Promise<void>;
  /** Hands over what is open, or about to be; null when nothing is. */
  take(): Promise<Devices> | null;
  close(): void;
}

interface Ports {
  readonly openDevices: (preferences: Preferences) => Promise<Devices>;
  readonly listDevices: () => Promise<readonly DeviceOption[]>;
  readonly dispatch: (event: SetupEvent) => void;
}

export function createPreview({ openDevices, listDevices, dispatch }: Ports): Preview {
  /** The latest opening. Those before it are closed as soon as they arrive. */
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
        // Taken over by a call, which shares this very promise, or overtaken by the next one.
        if (!taken.has(mine)) closeTracks(opened.tracks);
        return;
      }
      tracks = opened.tracks;
      dispatch({ type: "setupOpened", ...opened });
      // Only now do browsers tell the names.
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
