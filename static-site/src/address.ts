/**
 * What the page's address and history know of calls: a link leads to one, and a
 * reload goes back into the one that was on.
 */
import { isObject } from "./json";
import type { State } from "./state";

/** The call that the address asks for; "" when it asks for none. */
export const callInAddress = (): string => new URLSearchParams(location.search).get("call") ?? "";

const isInCall = (): boolean => isObject(history.state) && history.state["inCall"] === true;

/** Whether this page was reloaded while a call was on, rather than opened anew or come back to. */
export function isReloadedInCall(): boolean {
  const [navigation] = performance.getEntriesByType("navigation");
  return isInCall() && (navigation as { type?: string } | undefined)?.type === "reload";
}

/** Keeps address and history true to `state`. */
export function keepAddress(state: State): void {
  switch (state.screen) {
    case "call": {
      const { sessionName } = state.choice;
      if (isInCall() && callInAddress() === sessionName) return;
      const address = `?${new URLSearchParams({ call: sessionName }).toString()}`;
      history.replaceState({ inCall: true }, "", address);
      return;
    }
    case "login":
    case "lobby":
      if (isInCall()) history.replaceState(null, "");
      return;
    default:
      // A page that goes away has left its call as well, and may be back in a moment.
      return;
  }
}

/** Asks before the page is closed or reloaded while a call is on. Only then: it costs others their speed. */
export function askBeforeUnload(state: State): void {
  if (state.screen === "call") addEventListener("beforeunload", keepOpen);
  else removeEventListener("beforeunload", keepOpen);
}

const keepOpen = (event: BeforeUnloadEvent): void => event.preventDefault();
