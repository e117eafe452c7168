/** Getting into a call, and what happens in it, over a library that does as the test says. */
import { describe, expect, it, vi } from "vitest";
import { failed, ok } from "../src/result";
import { timeouts } from "../src/timing";
import { alone, bob, connecting, inCall } from "./openvidu-connecting";
import * as library from "./openvidu-library";
import { FakeConnection, FakeMedia, FakeStream } from "./openvidu-library";

vi.mock("openvidu-browser", () => import("./openvidu-library"));

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
        quality: null,
        stoppable: true,
      },
      {
        connectionId: "con_bob",
        nickname: "Bob",
        user: "bob",
        role: null,
        self: false,
        screen: false,
        sending: null,
        quality: null,
        stoppable: true,
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
  ] as const)("that is refused with %o is %s", async (error, code) => {
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
    const { outcome, session } = await connecting(alone(), true);
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
