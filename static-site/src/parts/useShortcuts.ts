/** Handles keyboard shortcuts during a call. */
import { useEffect } from "preact/hooks";
import { type Shortcut, shortcutOf } from "../shortcuts";
import { useLatest } from "./useLatest";

export function useShortcuts(on: boolean, act: (shortcut: Shortcut) => void): void {
  const latest = useLatest(act);
  useEffect(() => {
    if (!on) return;
    const press = (event: KeyboardEvent) => {
      const shortcut = shortcutOf(event, event.target);
      if (shortcut === null) return;
      event.preventDefault();
      latest.current(shortcut);
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [on, latest]);
}
