/** Getting into a call at LiveKit, and what happens in it, over a library that does as the test says. */
import { describe, expect, it, vi } from "vitest";
import type { EndReason } from "../src/members";
import { failed, ok } from "../src/result";
import { timeouts } from "../src/timing";
import { alone, bob, connecting, inCall, lastOf, settle } from "./livekit-connecting";
import * as library from "./livekit-library";
import {
  ConnectionErrorReason as Refusal,
  ConnectionQuality,
  ConnectionState,
  DisconnectReason,
  FakeParticipant,
  RoomEvent,
  Track,
} from "./livekit-library";
import { FakeTrack } from "./openvidu-library";

vi.mock("livekit-client", () => import("./livekit-library"));

const { Camera, Microphone, ScreenShare } = Track.Source;

/** Somebody's track, which has arrived unless there is no `track`. */
const published = (track: FakeTrack | undefined, isMuted = false) => ({
  trackSid: "TR_1",
  isMuted,
  track: track && { mediaStreamTrack: track },
});

const picture = () => new FakeTrack("video", "picture");

describe("connecting", () => {
  it("gives who is there, by what the server says of them", async () => {
    const { members, room } = await inCall(bob());
    expect(room.options).toMatchObject({ dynacast: true, stopLocalTrackOnUnpublish: false });
    const ann = { connectionId: "con_me", nickname: "Ann", user: "ann", role: "PUBLISHER" };
    const common = { screen: false, sending: null, quality: null, stoppable: false };
    expect(members).toEqual([
      { ...ann, ...common, self: true },
      { ...ann, ...common, self: false, connectionId: "con_bob", nickname: "Bob", user: "bob" },
    ]);
  });

  it("goes to the server that the API names, and keeps the library's log silent", async () => {
    await connecting();
    expect(library.asked).toEqual(["connect wss://video.example token"]);
    expect(library.setLogLevel).toHaveBeenCalledWith(library.LogLevel.silent);
  });

  it.each([
    [{ reason: Refusal.NotAllowed, status: 401 }, "token_dead"],
    [{ reason: Refusal.NotAllowed, status: 404 }, "token_dead"],
    [{ reason: Refusal.ServiceNotFound, status: 404 }, "token_dead"],
    [{ reason: Refusal.ServerUnreachable }, "video_unreachable"],
    [{ reason: Refusal.Timeout }, "connect_timeout"],
    [{ reason: Refusal.NotAllowed, status: 403 }, "connect_failed"],
    [{}, "connect_failed"],
  ] as const)("that is refused with %o is %s", async (error, code) => {
    const { outcome, room } = await connecting();
    // The message holds the token, and goes nowhere.
    room.connected.reject(Object.assign(new Error("the token is token"), error));
    expect(await outcome).toEqual(failed(code));
    expect(library.asked.at(-1)).toBe("disconnect");
  });

  it("is given up when the library never settles, and what comes late is left", async () => {
    const { outcome } = await connecting();
    await vi.advanceTimersByTimeAsync(timeouts.connect);
    expect(await outcome).toEqual(failed("connect_timeout"));
    expect(library.asked.at(-1)).toBe("disconnect");
  });

  it("does not show a connection of ours that was replaced", async () => {
    const own = alone();
    own.former.add("con_bob");
    const { outcome, room } = await connecting(own);
    room.letIn(bob());
    const joined = await outcome;
    if (!joined.ok) throw new Error(joined.error.code);
    expect(joined.value.listen(() => undefined)).toHaveLength(1);
  });

  it("believes neither names nor roles that are none", async () => {
    const eve = new FakeParticipant("con_eve", "\u202eeve\n", "eve", "ADMIN");
    const nobody = new FakeParticipant("con_x", "", "");
    nobody.metadata = "not JSON";
    const { members } = await inCall(eve, nobody);
    expect(members[1]).toMatchObject({ nickname: "eve", user: "eve", role: null });
    expect(members[2]).toMatchObject({ nickname: "", user: "", role: null });
  });
});

describe("the others", () => {
  it("are seen to come, send and go", async () => {
    const { room, events } = await inCall();
    const eve = new FakeParticipant("con_eve", "Eve", "eve");
    room.come(eve);
    await settle();
    eve.publications.set(Camera, published(undefined));
    room.emit(RoomEvent.TrackPublished);
    await settle();
    const track = picture();
    eve.publications.set(Camera, published(track));
    room.emit(RoomEvent.TrackSubscribed);
    await settle();
    room.go(eve);
    await settle();
    const sending = { camera: true, microphone: false, broken: false };
    expect(events).toMatchObject([
      { type: "member", member: { nickname: "Eve", sending: null } },
      { type: "member", member: { sending: { ...sending, media: null } } },
      { type: "member", member: { sending } },
      { type: "memberLeft", connectionId: "con_eve" },
    ]);
    const arrived = events[2]?.type === "member" ? events[2].member.sending?.media : null;
    expect(arrived?.getTracks()).toEqual([track]);
  });

  it("play on while a device of theirs is switched", async () => {
    const there = bob();
    const [track, sound] = [picture(), new FakeTrack("audio", "sound")];
    there.publications.set(Camera, published(track));
    there.publications.set(Microphone, published(sound));
    const { room, events, members } = await inCall(there);
    there.publications.set(Microphone, published(sound, true));
    room.emit(RoomEvent.TrackMuted);
    await settle();
    const { sending } = lastOf(events, "con_bob") ?? {};
    expect(sending).toMatchObject({ camera: true, microphone: false });
    expect(sending?.media).toBe(members[1]?.sending?.media);
  });

  it("are not told of again when nothing has changed", async () => {
    const { room, events } = await inCall(bob());
    room.emit(RoomEvent.TrackUnmuted);
    room.emit(RoomEvent.ConnectionQualityChanged);
    await settle();
    expect(events).toEqual([]);
  });

  it("show a screen as a member of its own, for as long as it is shown", async () => {
    const there = bob();
    const { room, events } = await inCall(there);
    there.publications.set(ScreenShare, published(picture()));
    room.emit(RoomEvent.TrackSubscribed);
    await settle();
    expect(lastOf(events, "con_bob/screen")).toMatchObject({
      ...{ nickname: "Bob", user: "bob", screen: true, self: false, stoppable: false },
      sending: { camera: true, microphone: false },
    });
    there.publications.delete(ScreenShare);
    room.emit(RoomEvent.TrackUnpublished);
    await settle();
    expect(events.at(-1)).toEqual({ type: "memberLeft", connectionId: "con_bob/screen" });
  });

  it("are told to be broken when their video cannot be received", async () => {
    const there = bob();
    there.publications.set(Camera, published(undefined));
    const { room, events } = await inCall(there);
    room.emit(RoomEvent.TrackSubscriptionFailed, "TR_1", there);
    await settle();
    expect(lastOf(events, "con_bob")?.sending).toMatchObject({ media: null, broken: true });
  });

  it.each([
    [ConnectionQuality.Poor, "poor"],
    [ConnectionQuality.Lost, "lost"],
  ] as const)("have a connection that is %s", async (said, quality) => {
    const there = bob();
    const { room, events } = await inCall(there);
    there.connectionQuality = said;
    room.emit(RoomEvent.ConnectionQualityChanged);
    await settle();
    expect(lastOf(events, "con_bob")?.quality).toBe(quality);
  });

  it("are heard to speak and to fall silent", async () => {
    const there = bob();
    const { room, events } = await inCall(there);
    room.emit(RoomEvent.ActiveSpeakersChanged, [there, room.localParticipant]);
    room.emit(RoomEvent.ActiveSpeakersChanged, [room.localParticipant]);
    expect(events).toEqual([
      { type: "speaking", connectionId: "con_bob", on: true },
      { type: "speaking", connectionId: "con_me", on: true },
      { type: "speaking", connectionId: "con_bob", on: false },
    ]);
  });
});

describe("the chat", () => {
  it("hears the others, but nothing that cannot be read", async () => {
    const { room, events } = await inCall(bob());
    room.hear("chat", "con_bob", Promise.reject(new Error("too long")));
    room.hear("chat", "con_bob", Promise.resolve("hello"));
    await settle();
    expect(events).toEqual([{ type: "said", connectionId: "con_bob", text: "hello" }]);
  });

  it("shows our own words once they are sent, as the server does not send them back", async () => {
    const { call, events } = await inCall(bob());
    expect(await call.say("hello")).toEqual(ok(null));
    expect(library.asked).toEqual(["send chat hello"]);
    expect(events).toEqual([{ type: "said", connectionId: "con_me", text: "hello" }]);
  });

  it("says when words cannot be sent, and shows them to nobody", async () => {
    const { room, call, events } = await inCall();
    room.localParticipant.sending = () => Promise.reject(new Error("closed"));
    expect(await call.say("hello")).toEqual(failed("not_said"));
    room.localParticipant.sending = () => new Promise(() => undefined);
    const saying = call.say("hello");
    await vi.advanceTimersByTimeAsync(timeouts.request);
    expect(await saying).toEqual(failed("not_said"));
    call.leave();
    expect(await call.say("hello")).toEqual(failed("not_said"));
    expect(events).toEqual([]);
  });
});

describe("a connection that is renewed", () => {
  it("is not mentioned while media flows on", async () => {
    const { room, events } = await inCall(bob());
    room.state = ConnectionState.SignalReconnecting;
    room.emit(RoomEvent.SignalReconnecting);
    await settle();
    expect(events).toEqual([]);
  });

  it("makes nobody leave and come who was there all the time", async () => {
    const [here, gone, fresh] = [bob(), new FakeParticipant("con_g", "Gil", "gil"), bob()];
    const { room, events } = await inCall(here, gone);
    room.restart();
    await settle();
    expect(events).toEqual([{ type: "reconnecting" }]);
    const eve = new FakeParticipant("con_eve", "Eve", "eve");
    room.restarted(fresh, eve);
    await settle();
    expect(events.slice(1)).toMatchObject([
      { type: "reconnected" },
      { type: "memberLeft", connectionId: "con_g" },
      { type: "member", member: { connectionId: "con_eve" } },
    ]);
  });

  it("is replaced when the server removes whoever comes back, as their record has gone", async () => {
    const { room, events } = await inCall();
    room.restart();
    room.restarted();
    await vi.advanceTimersByTimeAsync(timeouts.returned - 1);
    room.end(DisconnectReason.PARTICIPANT_REMOVED);
    expect(events.at(-1)).toEqual({ type: "lost" });
  });

  it("is replaced when that happens before the library has finished", async () => {
    const { room, events } = await inCall();
    room.restart();
    room.restarted();
    await vi.advanceTimersByTimeAsync(timeouts.returned - 1);
    room.restart();
    await vi.advanceTimersByTimeAsync(timeouts.returned);
    room.end(DisconnectReason.PARTICIPANT_REMOVED);
    expect(events.at(-1)).toEqual({ type: "lost" });
  });

  it("counts as any other after a while", async () => {
    const { room, events } = await inCall();
    room.restart();
    room.restarted();
    await vi.advanceTimersByTimeAsync(timeouts.returned);
    room.end(DisconnectReason.PARTICIPANT_REMOVED);
    expect(events.at(-1)).toEqual({ type: "ended", reason: "removed" });
  });
});

describe("the end", () => {
  it.each<[string, number, EndReason]>([
    ["removed", DisconnectReason.PARTICIPANT_REMOVED, "removed"],
    ["closed", DisconnectReason.ROOM_DELETED, "closed"],
    ["taken over", DisconnectReason.DUPLICATE_IDENTITY, "elsewhere"],
  ])("is told: %s", async (_, said, reason) => {
    const { room, events } = await inCall();
    room.end(said);
    expect(events).toEqual([{ type: "ended", reason }]);
  });

  it.each([DisconnectReason.SERVER_SHUTDOWN, DisconnectReason.CLIENT_INITIATED, undefined])(
    "with reason %s is none: another connection may work",
    async (said) => {
      const { room, events } = await inCall();
      room.end(said);
      expect(events).toEqual([{ type: "lost" }]);
    },
  );

  it("is ours when we leave: nothing more is told, and nobody's tracks are stopped", async () => {
    const { room, call, events } = await inCall(bob());
    call.leave();
    call.leave();
    expect(library.asked).toEqual(["disconnect"]);
    room.hear("chat", "con_bob", Promise.resolve("hello"));
    room.emit(RoomEvent.Reconnecting);
    await settle();
    expect(events).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
