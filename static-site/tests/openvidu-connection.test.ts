/** A connection that is lost, comes back or ends, over a library that does as the test says. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { timeouts } from "../src/timing";
import { alone, bob, connecting, inCall } from "./openvidu-connecting";
import * as library from "./openvidu-library";
import { FakeConnection, FakeStream } from "./openvidu-library";

vi.mock("openvidu-browser", () => import("./openvidu-library"));

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

describe("what happens before anybody listens", () => {
  it("is told once somebody does, after who is there and in its order", async () => {
    const { outcome, session } = await connecting();
    session.letIn(bob);
    const result = await outcome;
    if (!result.ok) throw new Error(result.error.code);
    session.emit("reconnecting");
    session.emit("connectionDestroyed", { connection: bob });
    session.emit("sessionDisconnected", { reason: "networkDisconnect" });
    const told: string[] = [];
    const members = result.value.listen(({ type }) => told.push(type));
    expect(members.map(({ connectionId }) => connectionId)).toEqual(["con_me"]);
    expect(told).toEqual([]);
    session.emit("publisherStartSpeaking", { connection: bob });
    await vi.advanceTimersByTimeAsync(0);
    expect(told).toEqual(["reconnecting", "lost", "speaking"]);
  });

  it("is told to nobody who has left meanwhile", async () => {
    const { outcome, session } = await connecting();
    session.letIn(bob);
    const result = await outcome;
    if (!result.ok) throw new Error(result.error.code);
    session.emit("reconnecting");
    const told = vi.fn();
    result.value.listen(told);
    result.value.leave();
    await vi.advanceTimersByTimeAsync(0);
    expect(told).not.toHaveBeenCalled();
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
