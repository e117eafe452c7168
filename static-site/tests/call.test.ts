/** One connection to a call, over a library that does as the test says. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { connectCall, limits } from "../src/call";
import type { Call, CallEvent } from "../src/members";
import { failed, ok } from "../src/result";
import * as library from "./library";
import { FakeConnection, FakeMedia, FakeStream } from "./library";

vi.mock("openvidu-browser", () => import("./library"));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const bob = new FakeConnection("con_bob", `{"clientData":"Bob"}%/%{"serverData":"bob"}`);

async function connecting() {
  const outcome = connectCall("token", "Ann");
  // The library is loaded first.
  await vi.dynamicImportSettled();
  await vi.advanceTimersByTimeAsync(0);
  return { outcome, session: library.session };
}

/** In a call with Bob, whose connection was there before us. */
async function inCall() {
  const { outcome, session } = await connecting();
  session.letIn(bob);
  const connected = await outcome;
  if (!connected.ok) throw new Error(connected.error.code);
  const call: Call = connected.value;
  const events: CallEvent[] = [];
  const members = call.listen((event) => events.push(event));
  return { session, call, events, members };
}

const track = () => {
  const stop = vi.fn();
  return { stop, track: { stop } as unknown as MediaStreamTrack };
};

describe("connecting", () => {
  it("sends the nickname as client data and gives who is there", async () => {
    const { session, members } = await inCall();
    expect(session.asked).toEqual([`connect token {"clientData":"Ann"}`]);
    expect(members).toEqual([
      {
        connectionId: "con_me",
        nickname: "Ann",
        user: "ann",
        role: null,
        self: true,
        screen: false,
        sending: null,
      },
      {
        connectionId: "con_bob",
        nickname: "Bob",
        user: "bob",
        role: null,
        self: false,
        screen: false,
        sending: null,
      },
    ]);
  });

  it.each([
    [{ code: 202, message: "no such session" }, "token_dead"],
    [{ code: 203, message: "session closed" }, "token_dead"],
    [{ code: 401, message: "token not valid" }, "token_dead"],
    [{ code: 204, message: "no media server" }, "video_full"],
    [{ code: 999, message: "something" }, "connect_failed"],
    [{ name: "BROWSER_NOT_SUPPORTED" }, "browser_not_supported"],
    [new Error("Token not valid"), "connect_failed"],
  ])("that is refused with %o is %s", async (error, code) => {
    const { outcome, session } = await connecting();
    session.connected.reject(error);
    expect(await outcome).toEqual(failed(code));
    expect(library.socketsClosed).toBeGreaterThan(0);
  });

  it("is given up when the library never settles", async () => {
    const { outcome } = await connecting();
    await vi.advanceTimersByTimeAsync(limits.connect);
    expect(await outcome).toEqual(failed("connect_timeout"));
  });

  it("is given up when the first socket fails, which the library would try again for ever", async () => {
    const { outcome, session } = await connecting();
    session.emit("reconnecting");
    expect(await outcome).toEqual(failed("video_unreachable"));
    const closed = library.socketsClosed;
    // Long after, one of its sockets opens.
    session.emit("sessionDisconnected", { reason: "networkDisconnect" });
    expect(library.socketsClosed).toBe(closed + 1);
  });

  it("leaves at once when the answer comes after we gave up", async () => {
    const { outcome, session } = await connecting();
    await vi.advanceTimersByTimeAsync(limits.connect);
    await outcome;
    session.letIn();
    await vi.advanceTimersByTimeAsync(0);
    expect(session.asked).toContain("disconnect");
  });
});

describe("the others", () => {
  it("are seen to come, send and go", async () => {
    const { session, events } = await inCall();
    const eve = new FakeConnection("con_eve", `{"clientData":"Eve"}%/%{"serverData":"eve"}`);
    const stream = new FakeStream(eve);
    const media = new FakeMedia();
    session.emit("connectionCreated", { connection: eve });
    session.emit("streamCreated", { stream });
    stream.receive(media);
    session.emit("streamDestroyed", { stream });
    session.emit("connectionDestroyed", { connection: eve });
    const sending = { camera: true, microphone: true, broken: false };
    expect(events).toMatchObject([
      { type: "member", member: { nickname: "Eve", sending: null } },
      { type: "member", member: { sending: { ...sending, media: null } } },
      { type: "member", member: { sending: { ...sending, media } } },
      { type: "member", member: { sending: null } },
      { type: "memberLeft", connectionId: "con_eve" },
    ]);
  });

  it("are seen again after a reconnection has brought new media", async () => {
    const { session, events } = await inCall();
    const stream = new FakeStream(bob);
    session.emit("streamCreated", { stream });
    stream.receive(new FakeMedia());
    const renewed = new FakeMedia();
    stream.receive(renewed);
    const last = events.at(-1);
    expect(last?.type === "member" && last.member.sending?.media).toBe(renewed);
  });

  it("are not brought back by late media of what they no longer send", async () => {
    const { session, events } = await inCall();
    const stream = new FakeStream(bob);
    session.emit("streamCreated", { stream });
    session.emit("streamDestroyed", { stream });
    stream.receive(new FakeMedia());
    expect(events.at(-1)).toMatchObject({ member: { sending: null } });
  });

  it("are known to have switched off their camera or microphone", async () => {
    const { session, events } = await inCall();
    const stream = new FakeStream(bob);
    session.emit("streamCreated", { stream });
    stream.videoActive = false;
    session.emit("streamPropertyChanged", { stream });
    expect(events.at(-1)).toMatchObject({
      member: { sending: { camera: false, microphone: true } },
    });
  });

  it.each([
    ["is refused", (s: library.FakeSession) => s.subscribed.reject(new Error("no"))],
    ["never comes", () => vi.advanceTimersByTime(limits.subscribe)],
  ])("are shown as broken when their video %s", async (_, fail) => {
    const { session, events } = await inCall();
    session.emit("streamCreated", { stream: new FakeStream(bob) });
    fail(session);
    await vi.advanceTimersByTimeAsync(0);
    expect(events.at(-1)).toMatchObject({ member: { sending: { broken: true } } });
  });
});

describe("sending", () => {
  it("shows oneself at once, before the server has taken it", async () => {
    const { session, call, events } = await inCall();
    const published = call.publish({ camera: track().track, microphone: null });
    await vi.advanceTimersByTimeAsync(0);
    expect(events.at(-1)).toMatchObject({ member: { self: true, sending: { camera: true } } });
    session.published.resolve(undefined);
    expect(await published).toEqual(ok(null));
  });

  it.each([
    ["refused", { name: "OPENVIDU_PERMISSION_DENIED" }, "publish_refused"],
    ["broken", new Error("ICE"), "publish_failed"],
    ["never answered", null, "publish_timeout"],
  ])("that is %s turns the devices off and shows nothing", async (_, error, code) => {
    const { session, call, events } = await inCall();
    const { track: camera, stop } = track();
    const published = call.publish({ camera, microphone: null });
    await vi.advanceTimersByTimeAsync(0);
    if (error === null) await vi.advanceTimersByTimeAsync(limits.publish);
    else session.published.reject(error);
    expect(await published).toEqual(failed(code));
    expect(stop).toHaveBeenCalled();
    expect(events.at(-1)).toMatchObject({ member: { self: true, screen: false, sending: null } });
  });

  it("again takes back what was sent before", async () => {
    const { session, call } = await inCall();
    session.published.resolve(undefined);
    const first = track();
    await call.publish({ camera: null, microphone: first.track });
    await call.publish({ camera: track().track, microphone: track().track });
    expect(first.stop).toHaveBeenCalled();
    expect(session.asked.slice(1)).toEqual(["publish", "unpublish", "publish"]);
  });

  it("is told to have been stopped by a moderator", async () => {
    const { session, call, events } = await inCall();
    session.published.resolve(undefined);
    await call.publish({ camera: track().track, microphone: null });
    library.publisher?.emit("streamDestroyed", { reason: "forceUnpublishByUser" });
    expect(events.slice(-2)).toMatchObject([
      { type: "member", member: { self: true, screen: false, sending: null } },
      { type: "unpublished" },
    ]);
  });

  it("goes on with a device switched off, whose light goes out", async () => {
    const { session, call, events } = await inCall();
    session.published.resolve(undefined);
    await call.publish({ camera: track().track, microphone: track().track });
    expect(await call.turn("camera", false)).toEqual(ok(null));
    expect(events.at(-1)).toMatchObject({
      member: { sending: { camera: false, microphone: true } },
    });
    await call.turn("microphone", false);
    await call.turn("microphone", false);
    await call.turn("camera", true);
    const turned = ["video false let go", "sound false", "video true keep"];
    expect(library.publisher?.turned).toEqual(turned);
  });
});

describe("the end", () => {
  it.each([
    ["forceDisconnectByUser", "removed"],
    ["forceDisconnectByServer", "removed"],
    ["sessionClosedByServer", "closed"],
    ["networkDisconnect", "network"],
    ["nodeCrashed", "network"],
    ["never heard of", "other"],
  ])("by %s is %s", async (reason, because) => {
    const { session, events } = await inCall();
    session.emit("sessionDisconnected", { reason });
    expect(events).toEqual([{ type: "ended", reason: because }]);
  });

  it("by ourselves turns the devices off and is silent", async () => {
    const { session, call, events } = await inCall();
    session.published.resolve(undefined);
    const { track: camera, stop } = track();
    await call.publish({ camera, microphone: null });
    events.length = 0;
    call.leave();
    session.emit("sessionDisconnected", { reason: "disconnect" });
    session.emit("connectionDestroyed", { connection: bob });
    expect(session.asked.at(-1)).toBe("disconnect");
    expect(stop).toHaveBeenCalled();
    expect(events).toEqual([]);
  });

  it("comes also when the socket is just being renewed, where the library throws", async () => {
    const { session, call } = await inCall();
    session.published.resolve(undefined);
    const { track: camera, stop } = track();
    await call.publish({ camera, microphone: null });
    session.disconnect = () => {
      throw new DOMException("still connecting", "InvalidStateError");
    };
    call.leave();
    expect(stop).toHaveBeenCalled();
    expect(library.socketsClosed).toBe(1);
  });

  it("is told again when the socket that should have carried it was lost", async () => {
    const { session, call } = await inCall();
    session.emit("reconnecting");
    call.leave();
    session.emit("reconnected");
    expect(session.asked.at(-1)).toBe("leaveRoom");
    expect(library.socketsClosed).toBe(1);
  });

  it("closes the socket also when the server does not answer the farewell", async () => {
    const { call } = await inCall();
    call.leave();
    expect(library.socketsClosed).toBe(0);
    vi.advanceTimersByTime(limits.farewell);
    expect(library.socketsClosed).toBe(1);
  });

  it("is told apart from a connection that comes back", async () => {
    const { session, events } = await inCall();
    session.emit("reconnecting");
    session.emit("reconnected");
    expect(events).toEqual([{ type: "reconnecting" }, { type: "reconnected" }]);
  });

  it("counts as over when it does not come back", async () => {
    const { session, events } = await inCall();
    session.emit("reconnecting");
    await vi.advanceTimersByTimeAsync(limits.reconnect - 1);
    expect(events).toEqual([{ type: "reconnecting" }]);
    await vi.advanceTimersByTimeAsync(1);
    expect(events).toEqual([{ type: "reconnecting" }, { type: "ended", reason: "network" }]);
  });

  it("does not count as over once it has come back, nor after one has left", async () => {
    for (const end of ["reconnected", "leave"] as const) {
      const { session, call, events } = await inCall();
      session.emit("reconnecting");
      if (end === "leave") call.leave();
      else session.emit(end);
      await vi.advanceTimersByTimeAsync(limits.reconnect);
      expect(events.map(({ type }) => type)).not.toContain("ended");
    }
  });
});

describe("the chat", () => {
  it("goes to everybody and comes from whoever OpenVidu says", async () => {
    const { session, call, events } = await inCall();
    expect(await call.say("hi")).toEqual(ok(null));
    expect(session.asked.at(-1)).toBe("signal chat hi");
    session.emit("signal:chat", { from: bob, data: "hello" });
    session.emit("signal:chat", { from: undefined, data: "from nobody" });
    expect(events).toEqual([{ type: "said", connectionId: "con_bob", text: "hello" }]);
  });

  it("says when a message was refused, or never answered", async () => {
    const { session, call } = await inCall();
    session.answer = Promise.reject(new Error("no"));
    expect(await call.say("hi")).toEqual(failed("not_said"));
    session.answer = new Promise(() => undefined);
    const said = call.say("hi");
    await vi.advanceTimersByTimeAsync(limits.request);
    expect(await said).toEqual(failed("not_said"));
  });
});

describe("a moderator", () => {
  it("stops what somebody sends", async () => {
    const { session, call } = await inCall();
    session.emit("streamCreated", { stream: new FakeStream(bob) });
    expect(await call.stop("con_bob")).toEqual(ok(null));
    expect(session.asked.at(-1)).toBe("forceUnpublish con_bob");
    session.answer = Promise.reject(new Error("no"));
    expect(await call.stop("con_bob")).toEqual(failed("not_stopped"));
  });
});

describe("one's own screen", () => {
  it("is shown from here rather than fetched back from the server", async () => {
    const { session, call, events } = await inCall();
    const media = new FakeMedia() as unknown as MediaStream;
    const subscribe = vi.spyOn(session, "subscribeAsync");
    call.own("con_screen", media);
    const screen = new FakeConnection(
      "con_screen",
      `{"clientData":"Ann","screen":true}%/%{"serverData":"ann"}`,
    );
    session.emit("connectionCreated", { connection: screen });
    session.emit("streamCreated", { stream: new FakeStream(screen) });
    expect(subscribe).not.toHaveBeenCalled();
    expect(events.at(-1)).toMatchObject({ member: { self: true, screen: true } });
    const last = events.at(-1);
    expect(last?.type === "member" && last.member.sending?.media).toBe(media);
  });

  it("has a connection that says what it is and fetches nothing", async () => {
    const outcome = connectCall("token", "Ann", { screen: true });
    await vi.dynamicImportSettled();
    await vi.advanceTimersByTimeAsync(0);
    const { session } = library;
    session.letIn(bob);
    await outcome;
    expect(session.asked).toEqual([`connect token {"clientData":"Ann","screen":true}`]);
    const subscribe = vi.spyOn(session, "subscribeAsync");
    session.emit("streamCreated", { stream: new FakeStream(bob) });
    expect(subscribe).not.toHaveBeenCalled();
  });
});

describe("a device", () => {
  it("that is unplugged is told of, and speaking is heard", async () => {
    const { session, call, events } = await inCall();
    session.published.resolve(undefined);
    await call.publish({ camera: track().track, microphone: null });
    (library.publisher?.stream.media as FakeMedia).tracks[0]?.onended();
    session.emit("publisherStartSpeaking", { connection: bob });
    session.emit("publisherStopSpeaking", { connection: bob });
    expect(events.slice(-3)).toEqual([
      { type: "deviceLost", device: "camera" },
      { type: "speaking", connectionId: "con_bob", on: true },
      { type: "speaking", connectionId: "con_bob", on: false },
    ]);
  });
});
