/** Handles keyboard shortcuts during a call. */
import { useEffect, useRef } from "preact/hooks";
import { type Shortcut, shortcutOf } from "../shortcuts";

export function useShortcuts(on: boolean, act: (shortcut: Shortcut) => void): void {
  // Always the latest callback, without a new listener at each render.
  const latest = useRef(act);
  latest.current = act;
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
  }, [on]);
}
