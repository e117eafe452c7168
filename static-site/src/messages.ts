/**
 * Finds the words for things. The words themselves are in `words/`, one catalogue
 * per language. Code elsewhere names problems by code and never spells them out.
 */
import type { BrowserName } from "./browser";
import type { EndedState } from "./state";
import type { DeviceReport } from "./devices";
import { isSpoken } from "./problems";
import type { Problem } from "./result";
import { type Catalogue, en } from "./words/en";

/** Every language. All but English, which stands in for missing ones, are fetched when needed. */
const catalogues = {
  en: () => Promise.resolve(en),
  es: async () => (await import("./words/es")).es,
} satisfies Record<string, () => Promise<Catalogue>>;

export type Language = keyof typeof catalogues;

const isLanguage = (tag: string): tag is Language => Object.hasOwn(catalogues, tag);

/** The words in the current language. Read it while rendering, never before. */
export let words: Catalogue = en;
export let language: Language = "en";

/** The first wanted language that has a catalogue, else English. */
export function pickLanguage(wanted: readonly string[]): Language {
  const tags = wanted.map((tag) => tag.toLowerCase().split("-")[0] ?? "");
  return tags.find(isLanguage) ?? "en";
}

/** Sets the language, before the first render. It stays as it is if the words cannot be fetched. */
export async function speak(chosen: Language): Promise<void> {
  try {
    words = await catalogues[chosen]();
    language = chosen;
  } catch {
    // Words in another language are better than none.
  }
}

/** Says what went wrong. */
export function describe({ code, reference }: Problem): string {
  const sentence = words.problems[isSpoken(code) ? code : "unexpected_answer"];
  return reference === undefined ? sentence : `${sentence} ${words.reference(reference)}`;
}

/** Says what is wrong with the devices and how to allow them in this browser; null if they work. */
export function describeDevices(report: DeviceReport, browser: BrowserName): string | null {
  const lost = lostOf(report);
  if (lost === null) return null;
  const { camera, microphone } = report;
  // If there are two different troubles, name the one that the user can fix.
  const trouble = camera === null || camera === "missing" ? (microphone ?? camera) : camera;
  if (trouble === null) return null;
  const sentence = words.devices[lost][trouble];
  return trouble === "denied" ? `${sentence} ${words.setup.allow[browser]}` : sentence;
}

/** Says what still works in a call although a device does not. */
export function describeRest(report: DeviceReport): string | null {
  const lost = lostOf(report);
  return lost === null ? null : words.devices.remains[lost];
}

function lostOf({ camera, microphone }: DeviceReport): "both" | "camera" | "microphone" | null {
  if (camera !== null && microphone !== null) return "both";
  if (camera !== null) return "camera";
  return microphone === null ? null : "microphone";
}

/** What the page of an ended call says. */
export const describeEnd = (because: EndedState["because"]) => words.ended[because];
