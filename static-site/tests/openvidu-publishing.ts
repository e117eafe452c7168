/** Our own stream in a call, over a library and a server that do as the test says. The test mocks both. */
import { beforeEach, vi } from "vitest";
import type { Call, CallEvent, Outgoing } from "../src/members";
import { alone, connected, connecting } from "./openvidu-connecting";
import * as library from "./openvidu-library";
import { FakeMedia, FakeTrack } from "./openvidu-library";

beforeEach(() => {
  vi.stubGlobal("MediaStream", FakeMedia);
});

export async function inCall(screen = false) {
  const { outcome, session } = await connecting(alone(), screen);
  session.letIn();
  const { call, events } = await connected(outcome);
  session.asked.length = 0;
  return { session, call, events };
}

export const camera = (label = "camera") => new FakeTrack("video", label);
export const microphone = (label = "microphone") => new FakeTrack("audio", label);

export const send = (
  call: Call,
  { muted = false, ...tracks }: { camera?: FakeTrack; microphone?: FakeTrack; muted?: boolean },
) => {
  const real = (track?: FakeTrack) => (track ?? null) as unknown as MediaStreamTrack | null;
  const outgoing: Outgoing = {
    camera: real(tracks.camera),
    microphone: real(tracks.microphone),
    muted,
  };
  return call.publish(outgoing);
};

export const settle = () => vi.advanceTimersByTimeAsync(0);

/** What the publisher in use carries. */
export const carried = () => library.publisher?.stream.media?.getTracks().map(({ label }) => label);

export const lastSending = (events: readonly CallEvent[]) => {
  const event = events.findLast(({ type }) => type === "member");
  return event?.type === "member" ? event.member.sending : undefined;
};

/** A call whose stream the server has taken. */
export async function publishing(tracks: Parameters<typeof send>[1]) {
  const here = await inCall();
  here.session.published.resolve(undefined);
  await send(here.call, tracks);
  here.session.asked.length = 0;
  return here;
}
