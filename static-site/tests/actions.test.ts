/** What people do, against an API and a video server that do as they are told. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Deps, slowAfter } from "../src/actions";
import type { Api } from "../src/api";
import type { Devices } from "../src/devices";
import type { Call } from "../src/members";
import { type Problem, type Result, failed, ok } from "../src/result";
import { cameraOnly, fakeTrack, later, page } from "./acting";
import { ann, choice, member, preferences, videoServer } from "./fixtures";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("asking the servers", () => {
  it("believes the latest answer, whichever comes last", async () => {
    const first = later<null>();
    const checkServers = vi.fn<Deps["checkServers"]>(() => Promise.resolve([]));
    checkServers.mockReturnValueOnce(first.promise);
    const { actions, store } = page({ checkServers });
    const early = actions.checkServers();
    await actions.checkServers();
    first.settle(null);
    await early;
    expect(store.state()).toMatchObject({ servers: { busy: false, problems: [] } });
  });

  it("changes nothing once one has joined", async () => {
    const answer = later<readonly Problem[]>();
    const { actions, store } = page({ checkServers: () => answer.promise });
    const asked = actions.checkServers();
    await actions.join(choice);
    const before = store.state();
    answer.settle([{ code: "video_silent" }]);
    await asked;
    expect(store.state()).toBe(before);
  });
});

describe("joining", () => {
  it("enters the call first and then asks for the devices, to see the others meanwhile", async () => {
    const asked = later<Devices>();
    const { actions, store, log } = page({ openDevices: () => asked.promise });
    const joined = actions.join(choice);
    await vi.waitFor(() => expect(store.state().screen).toBe("call"));
    expect(store.state()).toMatchObject({ call: { publishing: { busy: true } } });
    expect(log).not.toContain("publish camera -");
    asked.settle(cameraOnly());
    await joined;
    expect(log).toContain("publish camera -");
    expect(store.state()).toMatchObject({ call: { publishing: { busy: false } } });
  });

  it("never asks a subscriber for devices", async () => {
    const { actions, store, log } = page({ role: "SUBSCRIBER" });
    await actions.join(choice);
    expect(store.state()).toMatchObject({ screen: "call", call: { publishing: null } });
    expect(log).toEqual(["get token TUTORIAL", "connect", "remember publisher1"]);
  });

  it("sends stand-ins when no device works, so that one can be started later", async () => {
    const report = { camera: "denied", microphone: "denied" } as const;
    const none: Devices = { tracks: { camera: null, microphone: null }, report };
    const { actions, store, log } = page({ openDevices: () => Promise.resolve(none) });
    await actions.join(choice);
    expect(log).toContain("publish - -");
    expect(store.state()).toMatchObject({ screen: "call", call: { publishing: { report } } });
  });

  it("stays in the call when the video server does not take what we send", async () => {
    const { actions, store, call } = page();
    call.publish = () => Promise.resolve(failed("publish_timeout"));
    await actions.join(choice);
    const publishing = { busy: false, problem: { code: "publish_timeout" } };
    expect(store.state()).toMatchObject({ screen: "call", call: { publishing } });
  });

  it("says that it takes long after three seconds, and not before", async () => {
    const answer = later<Result<never>>();
    const { actions, store } = page({ api: { getToken: () => answer.promise } });
    const joined = actions.join(choice);
    vi.advanceTimersByTime(slowAfter - 1);
    expect(store.state()).toMatchObject({ screen: "joining", wait: "short" });
    vi.advanceTimersByTime(1);
    expect(store.state()).toMatchObject({ screen: "joining", wait: "slow" });
    answer.settle(failed("openvidu_timeout"));
    await joined;
    const problem = { code: "openvidu_timeout" };
    expect(store.state()).toMatchObject({ screen: "lobby", problem });
  });

  it("waits as long as the server asks when one joins too often, and goes on by itself", async () => {
    const waiting = later<undefined>();
    const pause = vi.fn<Deps["pause"]>(() => waiting.promise);
    const getToken = vi.fn<Api["getToken"]>();
    const { actions, store } = page({ api: { getToken }, pause });
    getToken.mockResolvedValueOnce({
      ok: false,
      error: { code: "too_many_requests", retryAfter: 7 },
    });
    const ticket = {
      ...{ sessionName: "T", token: "t", sessionId: "s", connectionId: "c", videoServer },
    };
    getToken.mockResolvedValueOnce(ok({ ...ticket, role: "PUBLISHER" }));
    const joined = actions.join(choice);
    await vi.advanceTimersByTimeAsync(0);
    expect(store.state()).toMatchObject({ screen: "joining", wait: "limited" });
    expect(pause.mock.calls[0]?.[0]).toBe(7_000);
    waiting.settle(undefined);
    await joined;
    expect(store.state().screen).toBe("call");
  });

  it("stops waiting for a limit when it is cancelled", async () => {
    const pause = vi.fn<Deps["pause"]>(
      (_, signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve())),
    );
    const error: Problem = { code: "too_many_requests", retryAfter: 7 };
    const getToken = vi.fn<Api["getToken"]>(() => Promise.resolve({ ok: false, error }));
    const { actions, store } = page({ api: { getToken }, pause });
    const joined = actions.join(choice);
    await vi.advanceTimersByTimeAsync(0);
    actions.cancelJoin();
    await joined;
    expect(getToken).toHaveBeenCalledOnce();
    expect(store.state()).toMatchObject({ screen: "lobby", problem: null });
  });

  it("can be cancelled at once, and gives the token back when it comes", async () => {
    const { promise, settle } = later<Result<Call>>();
    const { actions, store, log, call } = page({ connect: () => promise });
    const joined = actions.join(choice);
    await vi.waitFor(() => expect(log).toContain("get token TUTORIAL"));
    actions.cancelJoin();
    expect(store.state()).toMatchObject({ screen: "lobby", choice });
    settle(ok(call));
    await joined;
    expect(log).toEqual(["get token TUTORIAL", "leave", "give back token"]);
    expect(store.state().screen).toBe("lobby");
  });

  it.each(["not_logged_in", "other_login"] as const)("asks to log in again at %s", async (code) => {
    const getToken = () => Promise.resolve(failed(code));
    const { actions, store, log } = page({ api: { getToken } });
    await actions.join(choice);
    expect(store.state()).toMatchObject({ screen: "login", problem: { code } });
    expect(log).toEqual(["forget"]);
  });
});

describe("leaving", () => {
  it("shows the join form at once and gives the token back", async () => {
    const { actions, store, log } = page();
    await actions.join(choice);
    log.length = 0;
    const left = actions.leave();
    expect(store.state().screen).toBe("lobby");
    await left;
    expect(log).toEqual(["leave", "give back token"]);
  });

  it("says so when the server could not be told", async () => {
    const removeUser = () => Promise.resolve(failed("offline"));
    const { actions, store } = page({ api: { removeUser } });
    await actions.join(choice);
    await actions.leave();
    expect(store.state()).toMatchObject({ screen: "lobby", problem: { code: "leave_failed" } });
  });

  it.each(["token_not_found", "not_logged_in"] as const)(
    "is content when the server says %s",
    async (code) => {
      const { actions, store } = page({ api: { removeUser: () => Promise.resolve(failed(code)) } });
      await actions.join(choice);
      await actions.leave();
      expect(store.state()).toMatchObject({ screen: "lobby", problem: null });
    },
  );

  it("is finished before logging out, which would forbid it", async () => {
    const farewell = later<Result<null>>();
    const { actions, log } = page({ api: { removeUser: () => farewell.promise } });
    await actions.join(choice);
    void actions.leave();
    const out = actions.logOut();
    await vi.advanceTimersByTimeAsync(0);
    expect(log).not.toContain("log out");
    farewell.settle(ok(null));
    await out;
    expect(log).toContain("log out");
  });

  it("turns devices off that are allowed too late", async () => {
    const asked = later<Devices>();
    const { actions, log } = page({ openDevices: () => asked.promise });
    const joined = actions.join(choice);
    await vi.advanceTimersByTimeAsync(0);
    await actions.leave();
    const camera = fakeTrack("camera");
    asked.settle({ ...cameraOnly(), tracks: { camera, microphone: null } });
    await joined;
    expect(camera.stop).toHaveBeenCalledOnce();
    expect(log.filter((line) => line.startsWith("publish"))).toEqual([]);
  });
});

describe("a moderator who is sure", () => {
  const ask = { connectionId: "con_bob", nickname: "Bob" };

  it("removes somebody through the API, and stops somebody's video in the call", async () => {
    const { actions, store, log } = page();
    await actions.join(choice);
    log.length = 0;
    actions.ask({ ...ask, what: "remove" });
    await actions.confirm();
    actions.ask({ ...ask, what: "stop" });
    await actions.confirm();
    expect(log).toEqual(["remove con_bob from TUTORIAL", "stop con_bob"]);
    expect(store.state()).toMatchObject({ call: { question: null, problem: null } });
  });

  it("is told when the login has expired, and stays in the call", async () => {
    const removeOther = () => Promise.resolve(failed("not_logged_in"));
    const { actions, store } = page({ api: { removeOther } });
    await actions.join(choice);
    actions.ask({ ...ask, what: "remove" });
    await actions.confirm();
    const call = { problem: { code: "login_expired_in_call" } };
    expect(store.state()).toMatchObject({ screen: "call", call });
  });

  it("does nothing without a question", async () => {
    const { actions, log } = page();
    await actions.join(choice);
    log.length = 0;
    await actions.confirm();
    expect(log).toEqual([]);
  });
});

describe("in the call", () => {
  it("a message is sent, and its failure is told", async () => {
    const { actions, store, log, call } = page();
    await actions.join(choice);
    await actions.say("hi");
    expect(log).toContain("say hi");
    call.say = () => Promise.resolve(failed("not_said"));
    await actions.say("hi");
    expect(store.state()).toMatchObject({ call: { problem: { code: "not_said" } } });
  });
});

describe("how one likes to see a call", () => {
  it("is remembered in this browser, and true of the next call", async () => {
    const rememberPreferences = vi.fn<Deps["rememberPreferences"]>();
    const { actions, store } = page({ rememberPreferences });
    await actions.join(choice);
    actions.setLayout("gallery");
    actions.turnShortcuts(false);
    const liked = { layout: "gallery", shortcuts: false } as const;
    expect(store.state()).toMatchObject({ call: liked });
    expect(rememberPreferences).toHaveBeenLastCalledWith({ ...preferences, ...liked });
    await actions.leave();
    await actions.join(choice);
    expect(store.state()).toMatchObject({ screen: "call", call: liked });
  });
});

describe("what others do to the call", () => {
  it("ends it with a reason, and the token is given back", async () => {
    const { actions, store, log, hear } = page();
    await actions.join(choice);
    log.length = 0;
    hear({ type: "ended", reason: "removed" });
    expect(store.state()).toMatchObject({ screen: "ended", because: "removed" });
    expect(log).toEqual(["leave", "give back token"]);
  });

  it("reaches the screen while we are in it, and not after we have left", async () => {
    const { actions, store, hear } = page();
    await actions.join(choice);
    hear({ type: "member", member: member("bob") });
    expect(store.state()).toMatchObject({ call: { members: [{}, { connectionId: "bob" }] } });
    await actions.leave();
    hear({ type: "ended", reason: "network" });
    expect(store.state().screen).toBe("lobby");
  });
});

describe("closing the page", () => {
  it("leaves the call and gives the token back without waiting", async () => {
    const { actions, store, log } = page();
    await actions.join(choice);
    log.length = 0;
    actions.pageLeft();
    expect(log).toEqual(["leave", "give back token"]);
    expect(store.state()).toMatchObject({ screen: "ended", because: "pageLeft" });
  });

  it("gives back a token that has not been used yet", async () => {
    const { actions, log } = page({ connect: () => new Promise(() => undefined) });
    void actions.join(choice);
    await vi.advanceTimersByTimeAsync(0);
    actions.pageLeft();
    expect(log).toEqual(["get token TUTORIAL", "give back token"]);
  });

  it("asks nothing of the server when there is nothing to give back", async () => {
    const { actions, log } = page();
    await actions.join(choice);
    await actions.leave();
    log.length = 0;
    actions.pageLeft();
    expect(log).toEqual([]);
  });
});

describe("logging in and out", () => {
  it("remembers who logged in", async () => {
    const { actions, store, log } = page();
    await actions.logOut();
    await actions.logIn("publisher1", "pass");
    expect(log).toEqual([
      "log out",
      "forget",
      "log in publisher1",
      "remember publisher1",
      "cookie of publisher1",
    ]);
    expect(store.state()).toMatchObject({ screen: "lobby", identity: ann });
  });

  it("says what was wrong and remembers nobody", async () => {
    const logIn = () => Promise.resolve(failed("invalid_credentials"));
    const { actions, store, log } = page({ api: { logIn } });
    await actions.logOut();
    log.length = 0;
    await actions.logIn("publisher1", "wrong");
    expect(store.state()).toMatchObject({ problem: { code: "invalid_credentials" } });
    expect(log).toEqual([]);
  });

  it("logs nobody else out when the cookie is theirs by now", async () => {
    const { actions, store, log } = page({
      api: { logOut: () => Promise.resolve(failed("other_login")) },
    });
    await actions.logOut();
    expect(store.state()).toMatchObject({ screen: "login", problem: null });
    expect(log).toEqual(["forget"]);
  });

  it("forgets who we are even when the server cannot be told, and says so", async () => {
    const { actions, store, log } = page({
      api: { logOut: () => Promise.resolve(failed("offline")) },
    });
    await actions.logOut();
    expect(store.state()).toMatchObject({ screen: "login", problem: { code: "logout_failed" } });
    expect(log).toEqual(["forget"]);
  });
});
