/** A connection to a call at LiveKit, over a library that does as the test says. The test mocks the library. */
import { afterEach, beforeEach, vi } from "vitest";
import { connectCall } from "../src/call";
import type { Call, CallEvent, Member } from "../src/members";
import * as library from "./livekit-library";
import { FakeParticipant } from "./livekit-library";
import { FakeMedia } from "./openvidu-library";

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("MediaStream", FakeMedia);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

export const settle = () => vi.advanceTimersByTimeAsync(0);

export const bob = () => new FakeParticipant("con_bob", "Bob", "bob");

export const alone = () => ({
  screens: new Map<string, MediaStream>(),
  former: new Set<string>(),
});

/** A connection that the server has not answered yet. */
export async function connecting(own = alone()) {
  const server = { kind: "livekit", url: "wss://video.example" } as const;
  const outcome = connectCall(server, "token", "Ann", { screen: false, own });
  // The library is loaded first.
  await vi.dynamicImportSettled();
  await settle();
  return { outcome, room: library.latest() };
}

/** In a call in which these people are. */
export async function inCall(...others: readonly FakeParticipant[]) {
  const { outcome, room } = await connecting();
  room.letIn(...others);
  const result = await outcome;
  if (!result.ok) throw new Error(result.error.code);
  const call: Call = result.value;
  const events: CallEvent[] = [];
  const members = call.listen((event) => events.push(event));
  await settle();
  library.asked.length = 0;
  return { room, call, events, members };
}

/** What was last told of the member with this id. */
export function lastOf(events: readonly CallEvent[], id: string): Member | undefined {
  const event = events.findLast(
    (each) => each.type === "member" && each.member.connectionId === id,
  );
  return event?.type === "member" ? event.member : undefined;
}
