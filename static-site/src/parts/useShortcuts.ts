/** Listens to single keys while a call is on the screen. */
import { useEffect, useRef } from "preact/hooks";
import { type Shortcut, shortcutOf } from "../shortcuts";

export function useShortcuts(on: boolean, act: (shortcut: Shortcut) => void): void {
  // The latest, without listening anew at every drawing.
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
