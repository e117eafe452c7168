/** One connection to a call, over a library that does as the test says. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { connectCall } from "../src/call";
import type { Call, CallEvent } from "../src/members";
import { failed, ok } from "../src/result";
import { timeouts } from "../src/timing";
import * as library from "./library";
import { FakeAudioContext, FakeConnection, FakeMedia, FakeStream } from "./library";

vi.mock("openvidu-browser", () => import("./library"));

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("AudioContext", FakeAudioContext);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const bob = new FakeConnection("con_bob", `{"clientData":"Bob"}%/%{"serverData":"bob"}`);

const alone = () => ({ screens: new Map<string, MediaStream>(), former: new Set<string>() });

async function connecting(own = alone()) {
  const outcome = connectCall("token", "Ann", { screen: false, own });
  // The library is loaded first.
  await vi.dynamicImportSettled();
  await vi.advanceTimersByTimeAsync(0);
  return { outcome, session: library.session };
}

/** In a call with Bob, whose connection was there before us. */
async function inCall(own = alone()) {
  const { outcome, session } = await connecting(own);
  session.letIn(bob);
  const connected = await outcome;
  if (!connected.ok) throw new Error(connected.error.code);
  const call: Call = connected.value;
  const events: CallEvent[] = [];
  const members = call.listen((event) => events.push(event));
  return { session, call, events, members };
}

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
    await vi.advanceTimersByTimeAsync(timeouts.connect);
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
    await vi.advanceTimersByTimeAsync(timeouts.connect);
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
    ["never comes", () => vi.advanceTimersByTime(timeouts.subscribe)],
  ])("are shown as broken when their video %s", async (_, fail) => {
    const { session, events } = await inCall();
    session.emit("streamCreated", { stream: new FakeStream(bob) });
    fail(session);
    await vi.advanceTimersByTimeAsync(0);
    expect(events.at(-1)).toMatchObject({ member: { sending: { broken: true } } });
  });
});

describe("the end", () => {
  it.each([
    ["forceDisconnectByUser", "removed"],
    ["forceDisconnectByServer", "removed"],
    ["sessionClosedByServer", "closed"],
    ["never heard of", "other"],
  ])("by %s is %s", async (reason, because) => {
    const { session, events } = await inCall();
    session.emit("sessionDisconnected", { reason });
    expect(events).toEqual([{ type: "ended", reason: because }]);
  });

  it.each(["networkDisconnect", "nodeCrashed", "openviduServerStopped"])(
    "by %s is the connection's alone, and another one may do",
    async (reason) => {
      const { session, events } = await inCall();
      session.emit("sessionDisconnected", { reason });
      expect(events).toEqual([{ type: "lost" }]);
    },
  );

  it("by ourselves is silent, and hears nobody any more", async () => {
    const open = library.contextsOpen;
    const { session, call, events } = await inCall();
    call.leave();
    expect(library.contextsOpen).toBe(open);
    session.emit("sessionDisconnected", { reason: "disconnect" });
    session.emit("connectionDestroyed", { connection: bob });
    expect(session.asked.at(-1)).toBe("disconnect");
    expect(events).toEqual([]);
  });

  it("comes also when the socket is just being renewed, where the library throws", async () => {
    const { session, call } = await inCall();
    session.disconnect = () => {
      throw new DOMException("still connecting", "InvalidStateError");
    };
    call.leave();
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
    vi.advanceTimersByTime(timeouts.leave);
    expect(library.socketsClosed).toBe(1);
  });
});

describe("a connection that comes back", () => {
  it("counts when a signal to ourselves proves that we are still a member", async () => {
    const { session, events } = await inCall();
    session.emit("reconnecting");
    session.emit("reconnected");
    await vi.advanceTimersByTimeAsync(0);
    expect(events).toEqual([{ type: "reconnecting" }, { type: "reconnected" }]);
    await vi.advanceTimersByTimeAsync(timeouts.reconnect);
    expect(events).toHaveLength(2);
  });

  it("is lost when the server has evicted us and passes no signal on", async () => {
    const { session, events } = await inCall();
    session.isMember = false;
    session.emit("reconnecting");
    session.emit("reconnected");
    await vi.advanceTimersByTimeAsync(timeouts.membership - 1);
    expect(events).toEqual([{ type: "reconnecting" }]);
    await vi.advanceTimersByTimeAsync(1);
    expect(events).toEqual([{ type: "reconnecting" }, { type: "lost" }]);
  });

  it("is not proved by a signal of somebody else, nor by a late one of ours", async () => {
    const { session, events } = await inCall();
    session.isMember = false;
    session.emit("reconnected");
    const proof = session.asked.at(-1)?.split(" ").at(-1);
    session.emit("signal:membership", { from: bob, data: proof });
    session.emit("signal:membership", { from: session.connection, data: "0" });
    await vi.advanceTimersByTimeAsync(timeouts.membership);
    expect(events).toEqual([{ type: "lost" }]);
  });

  it("is proved over its own socket when it was lost again meanwhile", async () => {
    const { session, events } = await inCall();
    session.isMember = false;
    session.emit("reconnecting");
    session.emit("reconnected");
    session.emit("reconnecting");
    await vi.advanceTimersByTimeAsync(timeouts.membership);
    expect(events.map(({ type }) => type)).not.toContain("lost");
    session.isMember = true;
    session.emit("reconnected");
    await vi.advanceTimersByTimeAsync(0);
    expect(events.at(-1)).toEqual({ type: "reconnected" });
  });

  it("is given up when the server must have evicted us", async () => {
    const { session, events } = await inCall();
    session.emit("reconnecting");
    await vi.advanceTimersByTimeAsync(timeouts.reconnect - 1);
    expect(events).toEqual([{ type: "reconnecting" }]);
    await vi.advanceTimersByTimeAsync(1);
    expect(events).toEqual([{ type: "reconnecting" }, { type: "lost" }]);
  });

  it("concerns nobody once we have left", async () => {
    const { session, call, events } = await inCall();
    session.emit("reconnecting");
    call.leave();
    await vi.advanceTimersByTimeAsync(timeouts.reconnect);
    expect(events).toEqual([{ type: "reconnecting" }]);
  });
});

describe("somebody of whose joining we were not told", () => {
  it("shows that notices were lost, and that another connection is needed", async () => {
    const { session, events } = await inCall();
    const subscribe = vi.spyOn(session, "subscribeAsync");
    session.emit("streamCreated", { stream: new FakeStream(new FakeConnection("con_eve", "")) });
    expect(events).toEqual([{ type: "lost" }]);
    expect(subscribe).not.toHaveBeenCalled();
  });
});

describe("somebody who is listed although they have left", () => {
  it("is no member when their leaving was told before the answer to joining", async () => {
    const { outcome, session } = await connecting();
    const subscribe = vi.spyOn(session, "subscribeAsync");
    session.onParticipantLeft({ connectionId: "con_bob" });
    session.letIn(bob);
    session.emit("streamCreated", { stream: new FakeStream(bob) });
    const connected = await outcome;
    const members = connected.ok ? connected.value.listen(() => undefined) : [];
    expect(members.map(({ connectionId }) => connectionId)).toEqual(["con_me"]);
    expect(subscribe).not.toHaveBeenCalled();
  });

  it("is no member when it is a connection that we have given up", async () => {
    const { members } = await inCall({ ...alone(), former: new Set(["con_bob"]) });
    expect(members.map(({ connectionId }) => connectionId)).toEqual(["con_me"]);
  });

  it("goes from the roster when they leave later", async () => {
    const { session, events } = await inCall();
    session.onParticipantLeft({ connectionId: "con_bob" });
    expect(events).toEqual([{ type: "memberLeft", connectionId: "con_bob" }]);
  });
});

describe("a request while the socket is being renewed", () => {
  afterEach(() => library.renewSocket(false));

  it.each([
    ["with parameters", (tell: () => void) => ["videoData", {}, tell] as const],
    ["without", (tell: () => void) => ["leaveRoom", tell] as const],
  ])("fails, %s, rather than throwing inside of the library", async (_, request) => {
    await inCall();
    library.renewSocket(true);
    const tell = vi.fn();
    const [method, ...rest] = request(tell);
    const client = library.clients.at(-1) as unknown as Record<
      string,
      (...args: unknown[]) => void
    >;
    client["sendRequest"]?.(method, ...rest);
    expect(tell).toHaveBeenCalledExactlyOnceWith(expect.any(DOMException));
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
    await vi.advanceTimersByTimeAsync(timeouts.request);
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
    const media = new FakeMedia() as unknown as MediaStream;
    const own = { ...alone(), screens: new Map([["con_screen", media]]) };
    const { session, events } = await inCall(own);
    const subscribe = vi.spyOn(session, "subscribeAsync");
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
    const outcome = connectCall("token", "Ann", { screen: true, own: alone() });
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

describe("speaking", () => {
  it("is heard", async () => {
    const { session, events } = await inCall();
    session.emit("publisherStartSpeaking", { connection: bob });
    session.emit("publisherStopSpeaking", { connection: bob });
    expect(events).toEqual([
      { type: "speaking", connectionId: "con_bob", on: true },
      { type: "speaking", connectionId: "con_bob", on: false },
    ]);
  });
});
