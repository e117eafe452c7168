/** Remembers in this browser which devices the user has chosen, and how they like to see a call. */
import { isObject, parseObject, text } from "./json";
import type { Memory } from "./memory";
import type { Preferences } from "./setup-state";

const key = "devices";

export function rememberPreferences(preferences: Preferences, storage: Memory): void {
  storage.setItem(key, JSON.stringify(preferences));
}

/** What was remembered; whatever is missing or makes no sense is as for a newcomer. */
export function recallPreferences(storage: Memory): Preferences {
  const stored = parseObject(storage.getItem(key) ?? "");
  const wanted = isObject(stored["wanted"]) ? stored["wanted"] : {};
  return {
    camera: text(stored, "camera"),
    microphone: text(stored, "microphone"),
    speaker: text(stored, "speaker"),
    wanted: { camera: wanted["camera"] !== false, microphone: wanted["microphone"] !== false },
    layout: stored["layout"] === "gallery" ? "gallery" : "speaker",
    shortcuts: stored["shortcuts"] !== false,
  };
}
