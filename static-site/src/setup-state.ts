/** The user's devices: which are wanted, which exist, what the preview shows. Pure, like `state.ts`. */
import type { Device, DeviceOption, DeviceReport, OwnTracks } from "./devices";

/** What the browser remembers for the next time. "" is the browser's default device. */
export type Layout = "speaker" | "gallery";

export interface Preferences {
  readonly camera: string;
  readonly microphone: string;
  readonly speaker: string;
  /** Which devices to join a call with. */
  readonly wanted: Readonly<Record<Device, boolean>>;
  readonly layout: Layout;
  /** Whether single keys act in a call. */
  readonly shortcuts: boolean;
}

export type DeviceKind = DeviceOption["kind"];

export interface Setup {
  readonly preferences: Preferences;
  readonly busy: boolean;
  /** The tracks of the preview. */
  readonly tracks: OwnTracks | null;
  /** The outcome of opening the devices; null before that. */
  readonly report: DeviceReport | null;
  readonly options: readonly DeviceOption[];
  /** Whether the microphone is open but gives no sound at all. */
  readonly silent: boolean;
}

export type SetupEvent =
  | { readonly type: "setupOpening" }
  | { readonly type: "setupOpened"; readonly tracks: OwnTracks; readonly report: DeviceReport }
  | { readonly type: "setupClosed" }
  | { readonly type: "optionsListed"; readonly options: readonly DeviceOption[] }
  | { readonly type: "deviceWanted"; readonly device: Device; readonly on: boolean }
  | { readonly type: "devicePicked"; readonly kind: DeviceKind; readonly id: string }
  | { readonly type: "layoutPreferred"; readonly layout: Layout }
  | { readonly type: "shortcutsPreferred"; readonly on: boolean }
  | { readonly type: "microphoneSilent"; readonly silent: boolean };

export const noPreferences: Preferences = {
  camera: "",
  microphone: "",
  speaker: "",
  wanted: { camera: true, microphone: true },
  layout: "speaker",
  shortcuts: true,
};

export const startSetup = (preferences: Preferences): Setup => ({
  preferences,
  busy: false,
  tracks: null,
  report: null,
  options: [],
  silent: false,
});

export function reduceSetup(setup: Setup, event: SetupEvent): Setup {
  const { preferences } = setup;
  switch (event.type) {
    case "setupOpening":
      return { ...setup, busy: true };
    case "setupOpened":
      return { ...setup, busy: false, tracks: event.tracks, report: event.report, silent: false };
    case "setupClosed":
      return { ...setup, busy: false, tracks: null, report: null, silent: false };
    case "optionsListed":
      // A device without an id cannot be picked.
      return { ...setup, options: event.options.filter(({ id }) => id !== "") };
    case "deviceWanted": {
      const wanted = { ...preferences.wanted, [event.device]: event.on };
      return { ...setup, preferences: { ...preferences, wanted } };
    }
    case "devicePicked":
      return { ...setup, preferences: { ...preferences, [event.kind]: event.id } };
    case "layoutPreferred":
      return { ...setup, preferences: { ...preferences, layout: event.layout } };
    case "shortcutsPreferred":
      return { ...setup, preferences: { ...preferences, shortcuts: event.on } };
    case "microphoneSilent":
      return setup.silent === event.silent ? setup : { ...setup, silent: event.silent };
  }
}
