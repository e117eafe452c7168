/** A connection to a call, over a library that does as the test says. The test mocks the library. */
import { afterEach, beforeEach, vi } from "vitest";
import { connectCall } from "../src/call";
import type { Call, CallEvent } from "../src/members";
import { videoServer } from "./fixtures";
import * as library from "./openvidu-library";
import { FakeAudioContext, FakeConnection } from "./openvidu-library";

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("AudioContext", FakeAudioContext);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

export const bob = new FakeConnection("con_bob", `{"clientData":"Bob"}%/%{"serverData":"bob"}`);

export const alone = () => ({
  screens: new Map<string, MediaStream>(),
  former: new Set<string>(),
});

/** A connection that the server has not answered yet. */
export async function connecting(own = alone(), screen = false) {
  const outcome = connectCall(videoServer, "token", "Ann", { screen, own });
  // The library is loaded first.
  await vi.dynamicImportSettled();
  await vi.advanceTimersByTimeAsync(0);
  return { outcome, session: library.session };
}

/** What has come of a connection: the call, its members and what happens in it from now on. */
export async function connected(outcome: ReturnType<typeof connectCall>) {
  const result = await outcome;
  if (!result.ok) throw new Error(result.error.code);
  const call: Call = result.value;
  const events: CallEvent[] = [];
  const members = call.listen((event) => events.push(event));
  return { call, events, members };
}

/** In a call with Bob, whose connection was there before us. */
export async function inCall(own = alone()) {
  const { outcome, session } = await connecting(own);
  session.letIn(bob);
  return { session, ...(await connected(outcome)) };
}
