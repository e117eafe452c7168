/** Coming back into a call whose connection was lost. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Deps } from "../src/actions";
import type { Api } from "../src/api";
import type { Devices } from "../src/devices";
import type { CallListener } from "../src/members";
import { failed, ok } from "../src/result";
import { patience } from "../src/rejoin";
import { pause } from "../src/timing";
import { bothDevices, later, page } from "./acting";
import { choice, member, problem, videoServer } from "./fixtures";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = () => vi.advanceTimersByTimeAsync(0);

async function inCall(replaced: Parameters<typeof page>[0] = {}) {
  const devices = bothDevices();
  const here = page({ openDevices: () => Promise.resolve(devices), ...replaced });
  await here.actions.join(choice);
  here.log.length = 0;
  return { ...here, ...devices.tracks };
}

/** An API whose next answers to asking for a token are these, and then tokens again. */
function tokens(...answers: Awaited<ReturnType<Api["getToken"]>>[]) {
  const ids = {
    sessionName: "TUTORIAL",
    sessionId: "ses",
    videoServer,
    role: "PUBLISHER" as const,
  };
  let given = 0;
  const getToken = vi.fn<Api["getToken"]>(() => {
    given += 1;
    const number = String(given);
    return Promise.resolve(ok({ ...ids, token: `token-${number}`, connectionId: `con-${number}` }));
  });
  return {
    api: { getToken },
    refuse: () => answers.forEach((answer) => getToken.mockResolvedValueOnce(answer)),
  };
}

describe("a connection that is lost", () => {
  it("is replaced with a new token, and the old one is given back", async () => {
    const { api } = tokens();
    const { store, log, hear } = await inCall({ api });
    hear({ type: "lost" });
    expect(store.state()).toMatchObject({ screen: "call", call: { connection: "reconnecting" } });
    await settle();
    expect(log).toEqual(["leave", "connect", "give back token-1", "publish camera microphone"]);
    expect(store.state()).toMatchObject({ screen: "call", call: { connection: "up" } });
  });

  it("is not taken for somebody else while the server still lists it", async () => {
    const { api } = tokens();
    const former: string[][] = [];
    const connect = vi.fn<Deps["connect"]>((_, __, ___, { own }) => {
      former.push([...own.former]);
      return Promise.resolve(ok(call));
    });
    const { call, hear } = page();
    const { actions } = page({ api, connect });
    await actions.join(choice);
    hear({ type: "lost" });
    await settle();
    expect(former).toEqual([[], ["con-1"]]);
  });

  it("keeps devices, mute states, chat and panel", async () => {
    const { actions, store, log, hear, camera, microphone } = await inCall();
    await actions.setDeviceEnabled("microphone", false);
    actions.showPanel("people");
    hear({ type: "member", member: member("bob") });
    hear({ type: "said", connectionId: "bob", text: "hi" });
    log.length = 0;
    hear({ type: "lost" });
    await settle();
    expect(camera.stop).not.toHaveBeenCalled();
    expect(microphone.stop).not.toHaveBeenCalled();
    expect(log.at(-1)).toBe("publish camera microphone muted");
    const chat = { messages: [{ text: "hi" }] };
    const members = [{ connectionId: "me" }];
    expect(store.state()).toMatchObject({ call: { panel: "people", chat, members } });
  });

  it("sends what was switched meanwhile as it is now", async () => {
    const { api } = tokens();
    const answer = later<Awaited<ReturnType<Api["getToken"]>>>();
    const { actions, log, hear, camera } = await inCall({ api });
    api.getToken.mockReturnValueOnce(answer.promise);
    hear({ type: "lost" });
    await actions.setDeviceEnabled("camera", false);
    expect(camera.stop).toHaveBeenCalledOnce();
    const ids = { sessionName: "T", sessionId: "s", videoServer, role: "PUBLISHER" as const };
    answer.settle(ok({ ...ids, token: "late", connectionId: "con" }));
    await settle();
    expect(log).toEqual(["leave", "connect", "give back token-1", "publish - microphone"]);
  });

  it("while the browser still asks for the devices is replaced all the same", async () => {
    const asked = later<Devices>();
    const { actions, store, log, hear } = page({ openDevices: () => asked.promise });
    void actions.join(choice);
    await settle();
    hear({ type: "lost" });
    asked.settle(bothDevices());
    await settle();
    expect(log.at(-1)).toBe("publish camera microphone");
    expect(store.state()).toMatchObject({ call: { publishing: { busy: false } } });
  });

  it("says nothing of the old connection any more, whatever it still hears", async () => {
    const listeners: CallListener[] = [];
    const { call, store, actions } = page();
    call.listen = (listener) => {
      listeners.push(listener);
      return [];
    };
    await actions.join(choice);
    const [old] = listeners;
    old?.({ type: "lost" });
    old?.({ type: "lost" });
    old?.({ type: "ended", reason: "removed" });
    await settle();
    expect(listeners).toHaveLength(2);
    expect(store.state().screen).toBe("call");
  });

  it("closes the devices of somebody who may not send any more", async () => {
    const { api } = tokens();
    const { store, log, hear, camera } = await inCall({ api });
    const ids = { sessionName: "T", sessionId: "s", token: "t", connectionId: "c", videoServer };
    api.getToken.mockResolvedValueOnce(ok({ ...ids, role: "SUBSCRIBER" }));
    hear({ type: "lost" });
    await settle();
    expect(camera.stop).toHaveBeenCalled();
    expect(log.at(-1)).toBe("give back token-1");
    expect(store.state()).toMatchObject({ identity: { role: "SUBSCRIBER" } });
  });

  it("takes us off the call when waiting would not help, and says why", async () => {
    const { api, refuse } = tokens(failed("invalid_session_name"));
    const { store, log, hear, camera } = await inCall({ api });
    refuse();
    hear({ type: "lost" });
    await settle();
    const problem = { code: "invalid_session_name" };
    expect(store.state()).toMatchObject({ screen: "ended", because: "network", problem });
    expect(camera.stop).toHaveBeenCalled();
    expect(log).toContain("give back token-1");
  });

  it.each(["not_logged_in", "other_login"] as const)(
    "asks to log in at %s, and leads back into the call",
    async (code) => {
      const { api, refuse } = tokens(failed(code));
      const { actions, store, hear, camera } = await inCall({ api });
      refuse();
      hear({ type: "lost" });
      await settle();
      expect(camera.stop).toHaveBeenCalled();
      expect(store.state()).toMatchObject({ screen: "login", problem: { code }, resume: true });
      await actions.logIn("publisher1", "pass");
      expect(store.state()).toMatchObject({ screen: "call", choice });
    },
  );

  it("is replaced at once, but not again and again when the new ones are lost as well", async () => {
    const pauses: number[] = [];
    const { api } = tokens();
    const { hear } = await inCall({
      api,
      pause: (ms) => {
        pauses.push(ms);
        return Promise.resolve();
      },
    });
    for (let losses = 0; losses < 5; losses += 1) {
      hear({ type: "lost" });
      await settle();
    }
    expect(pauses).toHaveLength(4);
    pauses.forEach((ms, index) => {
      expect(ms).toBeGreaterThanOrEqual(500 * 2 ** index);
      expect(ms).toBeLessThanOrEqual(1_000 * 2 ** index);
    });
    // A connection that has lasted is replaced at once.
    await vi.advanceTimersByTimeAsync(60_000);
    hear({ type: "lost" });
    await settle();
    expect(pauses).toHaveLength(4);
    expect(api.getToken).toHaveBeenCalledTimes(7);
  });
});

describe("a stream that the server may have unseen, connection after connection", () => {
  it("is not sent any more until the user asks for it", async () => {
    const { actions, store, log, call, hear, camera } = await inCall();
    const publish = vi.spyOn(call, "publish").mockReturnValue(new Promise(() => undefined));
    for (let losses = 0; losses < 3; losses += 1) {
      publish.mockClear();
      hear({ type: "lost", uncertain: true });
      await settle();
    }
    expect(publish).not.toHaveBeenCalled();
    publish.mockRestore();
    expect(camera.stop).toHaveBeenCalled();
    const publishing = { problem: { code: "publish_timeout" } };
    expect(store.state()).toMatchObject({ screen: "call", call: { publishing } });
    await actions.publish();
    expect(log.at(-1)).toBe("publish camera microphone");
  });

  it("is sent on when it is certain in between", async () => {
    const { log, hear } = await inCall();
    for (const uncertain of [true, false, true]) {
      hear(uncertain ? { type: "lost", uncertain } : { type: "lost" });
      await settle();
    }
    expect(log.at(-1)).toBe("publish camera microphone");
  });
});

describe("while there is no network", () => {
  it("says so, and tries again as long as it takes", async () => {
    const { api, refuse } = tokens(failed("offline"), failed("openvidu_timeout"));
    const pauses: number[] = [];
    const waiting = later<undefined>();
    const wait = vi.fn<Deps["pause"]>((ms) => {
      pauses.push(ms);
      return Promise.resolve();
    });
    wait.mockReturnValueOnce(waiting.promise);
    const checkServers = vi.fn<Deps["checkServers"]>(() => Promise.resolve([]));
    const { store, log, hear } = await inCall({ api, pause: wait, checkServers });
    refuse();
    // No token is asked for while the servers do not answer.
    checkServers.mockResolvedValueOnce([{ code: "offline" }]);
    hear({ type: "lost" });
    await settle();
    expect(store.state()).toMatchObject({ screen: "call", call: { connection: "waiting" } });
    expect(log).toEqual(["leave"]);
    waiting.settle(undefined);
    await settle();
    expect(api.getToken).toHaveBeenCalledTimes(4);
    expect(checkServers).toHaveBeenCalledTimes(3);
    expect(log.slice(1)).toEqual(["connect", "give back token-1", "publish camera microphone"]);
    // Longer each time, more or less.
    expect(wait).toHaveBeenCalledTimes(3);
    const [second = 0, third = 0] = pauses;
    expect(second).toBeGreaterThanOrEqual(1_000);
    expect(third).toBeGreaterThanOrEqual(2_000);
    expect(third).toBeLessThanOrEqual(4_000);
  });

  it("takes an answer that nobody understands for a passing fault", async () => {
    const { api, refuse } = tokens(failed("unexpected_answer"));
    const { store, hear } = await inCall({ api });
    refuse();
    hear({ type: "lost" });
    await settle();
    expect(api.getToken).toHaveBeenCalledTimes(3);
    expect(store.state()).toMatchObject({ screen: "call", call: { connection: "up" } });
  });

  it.each([
    ["the servers do not answer", { checkServers: () => Promise.resolve([problem]) }],
    ["the video server lets nobody in", { connect: () => Promise.resolve(failed("video_full")) }],
  ])("stops trying after ten minutes in which %s", async (_, fault) => {
    const { api, refuse } = tokens(failed("offline"));
    const { call, hear } = page();
    let broken: Partial<Deps> = {};
    const { log, store } = await inCall({
      api,
      pause: (ms, cancelled) => pause(ms, cancelled, new EventTarget()),
      checkServers: () => broken.checkServers?.() ?? Promise.resolve([]),
      connect: (...asked) => broken.connect?.(...asked) ?? Promise.resolve(ok(call)),
    });
    broken = fault;
    refuse();
    hear({ type: "lost" });
    await vi.advanceTimersByTimeAsync(patience - 1);
    expect(store.state()).toMatchObject({ screen: "call", call: { connection: "waiting" } });
    await vi.advanceTimersByTimeAsync(1);
    const because = { because: "network", problem: { code: "rejoin_given_up" } };
    expect(store.state()).toMatchObject({ screen: "ended", ...because });
    expect(log).toContain("give back token-1");
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each(["leave", "pageLeft"] as const)("stops trying at %s", async (go) => {
    const { api, refuse } = tokens(failed("offline"));
    const cancelled: AbortSignal[] = [];
    const { actions, log, hear, store } = await inCall({
      api,
      pause: (_, signal) => {
        cancelled.push(signal);
        return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
      },
    });
    refuse();
    hear({ type: "lost" });
    await settle();
    await actions[go]();
    await settle();
    expect(cancelled[0]?.aborted).toBe(true);
    expect(api.getToken).toHaveBeenCalledTimes(2);
    expect(log).toContain("give back token-1");
    expect(store.state().screen).not.toBe("call");
  });

  it("does not touch the next call when the way back is given up late", async () => {
    const { api } = tokens();
    const answer = later<Awaited<ReturnType<Api["getToken"]>>>();
    const { actions, hear, store } = await inCall({ api });
    api.getToken.mockReturnValueOnce(answer.promise);
    hear({ type: "lost" });
    await actions.leave();
    await actions.join({ ...choice, sessionName: "Next" });
    answer.settle(failed("not_logged_in"));
    await settle();
    expect(store.state()).toMatchObject({ screen: "call", choice: { sessionName: "Next" } });
  });

  it("gives the new place back when we leave while it is being taken", async () => {
    const { api } = tokens();
    const answer = later<Awaited<ReturnType<Api["getToken"]>>>();
    const { actions, log, hear, store } = await inCall({ api });
    api.getToken.mockReturnValueOnce(answer.promise);
    hear({ type: "lost" });
    await actions.leave();
    const ids = { sessionName: "T", sessionId: "s", videoServer, role: "PUBLISHER" as const };
    answer.settle(ok({ ...ids, token: "late", connectionId: "con" }));
    await settle();
    expect(log.filter((line) => line.startsWith("give back"))).toEqual([
      "give back token-1",
      "give back late",
    ]);
    expect(store.state().screen).toBe("lobby");
  });
});

describe("a pause", () => {
  it.each(["time", "online", "cancel"])("ends by %s", async (end) => {
    const window = new EventTarget();
    const cancel = new AbortController();
    const over = vi.fn();
    void pause(1_000, cancel.signal, window).then(over);
    await vi.advanceTimersByTimeAsync(999);
    expect(over).not.toHaveBeenCalled();
    if (end === "time") vi.advanceTimersByTime(1);
    if (end === "online") window.dispatchEvent(new Event("online"));
    if (end === "cancel") cancel.abort();
    await settle();
    expect(over).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });
});
