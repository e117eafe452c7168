/** Single keys that act in a call, for those who type rather than click. */

export const shortcuts = [
  { key: "m", does: "microphone" },
  { key: "v", does: "camera" },
  { key: "s", does: "screen" },
  { key: "c", does: "chat" },
  { key: "p", does: "people" },
  { key: "l", does: "layout" },
  { key: "f", does: "fullScreen" },
] as const;

export type Shortcut = (typeof shortcuts)[number]["does"];

interface Stroke {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
  readonly repeat: boolean;
}

/** What `stroke` asks for. Nothing while somebody writes, or holds a key of the browser's own. */
export function shortcutOf(stroke: Stroke, target: unknown): Shortcut | null {
  if (stroke.ctrlKey || stroke.altKey || stroke.metaKey || stroke.repeat) return null;
  if (isForTyping(target)) return null;
  return shortcuts.find(({ key }) => key === stroke.key.toLowerCase())?.does ?? null;
}

/** Lists take letters as well: they jump to the entry that starts with it. */
const isForTyping = (target: unknown): boolean =>
  typeof target === "object" &&
  target !== null &&
  "tagName" in target &&
  ["INPUT", "TEXTAREA", "SELECT"].includes(String(target.tagName));
