// @vitest-environment happy-dom
/** The page's address and history, and the question before it is closed. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { askBeforeUnload, callInAddress, isReloadedInCall, keepAddress } from "../src/address";
import { enterCall } from "../src/call-state";
import { type State, unknownServers } from "../src/state";
import { ann, choice, setup } from "./fixtures";

const base = { identity: ann, choice: { ...choice, sessionName: "Sala 1 & 2" }, setup };
const lobby: State = {
  screen: "lobby",
  busy: false,
  problem: null,
  servers: unknownServers,
  ...base,
};
const call: State = { screen: "call", call: enterCall("PUBLISHER", []), ...base };
const gone: State = { screen: "ended", because: "pageLeft", problem: null, ...base };

const loadedBy = (type: string) =>
  vi.spyOn(performance, "getEntriesByType").mockReturnValue([{ type }] as never);

beforeEach(() => history.replaceState(null, "", "/"));
afterEach(() => {
  askBeforeUnload(lobby);
  vi.restoreAllMocks();
});

describe("the address", () => {
  it("leads to the call that is on, and still does so after it", () => {
    expect(callInAddress()).toBe("");
    keepAddress(call);
    expect(callInAddress()).toBe("Sala 1 & 2");
    keepAddress(lobby);
    expect(callInAddress()).toBe("Sala 1 & 2");
  });

  it("is written once, not at every event of the call", () => {
    const replace = vi.spyOn(history, "replaceState");
    keepAddress(call);
    keepAddress({ ...call });
    expect(replace).toHaveBeenCalledOnce();
  });
});

describe("a reload", () => {
  it("goes back into the call that was on", () => {
    loadedBy("reload");
    expect(isReloadedInCall()).toBe(false);
    keepAddress(call);
    expect(isReloadedInCall()).toBe(true);
    // The page hears that it goes away before it does.
    keepAddress(gone);
    expect(isReloadedInCall()).toBe(true);
    keepAddress(lobby);
    expect(isReloadedInCall()).toBe(false);
  });

  it.each(["navigate", "back_forward"])("is not what %s is", (type) => {
    loadedBy(type);
    keepAddress(call);
    expect(isReloadedInCall()).toBe(false);
  });
});

describe("closing the page", () => {
  it.each([
    ["is asked about in a call", call, true],
    ["is not asked about before it", lobby, false],
    ["is not asked about after it", gone, false],
  ])("%s", (_, state, asked) => {
    askBeforeUnload(call);
    askBeforeUnload(state);
    const closing = new Event("beforeunload", { cancelable: true });
    dispatchEvent(closing);
    expect(closing.defaultPrevented).toBe(asked);
  });
});
