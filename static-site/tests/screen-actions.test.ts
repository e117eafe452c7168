/** What people do with their screen in a call. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Api } from "../src/api";
import type { ScreenSender } from "../src/members";
import { failed, ok } from "../src/result";
import { later, page } from "./acting";
import { choice, videoServer } from "./fixtures";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("a screen", () => {
  const screenOf = () => {
    const ended: (() => void)[] = [];
    const stop = vi.fn();
    const camera = {
      stop,
      addEventListener: (_: string, listener: () => void) => ended.push(listener),
    } as unknown as MediaStreamTrack;
    const media = {
      getTracks: () => [camera],
      getVideoTracks: () => [camera],
      getAudioTracks: () => [],
    } as Partial<MediaStream> as MediaStream;
    return { media, stop, end: () => ended.forEach((tell) => tell()) };
  };

  it("is shown over a connection and with a token of its own", async () => {
    const { media, end, stop } = screenOf();
    const { actions, store, log } = page({ openScreen: () => Promise.resolve(media) });
    await actions.join(choice);
    log.length = 0;
    await actions.showScreen(true);
    expect(log).toEqual(["get token TUTORIAL", "connect screen con", "publish screen"]);
    expect(store.state()).toMatchObject({ screen: "call", call: { screen: "on" } });
    log.length = 0;
    // The browser's own bar stops it.
    end();
    expect(log).toEqual(["leave screen", "give back token"]);
    expect(stop).toHaveBeenCalled();
    expect(store.state()).toMatchObject({ screen: "call", call: { screen: "off" } });
  });

  it("is not shown when the person would rather show none", async () => {
    const { actions, store, log } = page();
    await actions.join(choice);
    log.length = 0;
    await actions.showScreen(true);
    expect(log).toEqual([]);
    expect(store.state()).toMatchObject({ call: { screen: "off", problem: null } });
  });

  it("that cannot be shown is let go of, and the call goes on", async () => {
    const { media, stop } = screenOf();
    const getToken = vi.fn<Api["getToken"]>();
    const { actions, store } = page({
      openScreen: () => Promise.resolve(media),
      api: { getToken },
    });
    const ticket = {
      ...{ sessionName: "T", token: "t", sessionId: "s", connectionId: "c", videoServer },
    };
    getToken.mockResolvedValueOnce(ok({ ...ticket, role: "PUBLISHER" }));
    await actions.join(choice);
    getToken.mockResolvedValue(failed("not_logged_in"));
    await actions.showScreen(true);
    expect(stop).toHaveBeenCalled();
    const call = { screen: "off", problem: { code: "login_expired_in_call" } };
    expect(store.state()).toMatchObject({ screen: "call", call });
  });

  it("comes back by itself when its own connection is lost, and the call goes on", async () => {
    const { media, stop } = screenOf();
    const { actions, store, log, hearByScreen } = page({
      openScreen: () => Promise.resolve(media),
    });
    await actions.join(choice);
    await actions.showScreen(true);
    log.length = 0;
    hearByScreen({ type: "lost" });
    expect(store.state()).toMatchObject({ call: { screen: "away", connection: "up" } });
    await vi.advanceTimersByTimeAsync(0);
    expect(log).toEqual([
      "leave screen",
      "give back token",
      "get token TUTORIAL",
      "connect screen con",
      "publish screen",
    ]);
    expect(stop).not.toHaveBeenCalled();
    expect(store.state()).toMatchObject({ call: { screen: "on", connection: "up" } });
  });

  it("is away while its own connection is, and back with it", async () => {
    const { media } = screenOf();
    const { actions, store, hearByScreen } = page({ openScreen: () => Promise.resolve(media) });
    await actions.join(choice);
    await actions.showScreen(true);
    hearByScreen({ type: "reconnecting" });
    expect(store.state()).toMatchObject({ call: { screen: "away", connection: "up" } });
    hearByScreen({ type: "reconnected" });
    expect(store.state()).toMatchObject({ call: { screen: "on" } });
  });

  it("is stopped when the server may have it unseen, connection after connection", async () => {
    const { media, stop } = screenOf();
    const { actions, store, log, screenCall, hearByScreen } = page({
      openScreen: () => Promise.resolve(media),
    });
    await actions.join(choice);
    screenCall.publish = () => new Promise(() => undefined);
    void actions.showScreen(true);
    await vi.advanceTimersByTimeAsync(0);
    for (let losses = 0; losses < 3; losses += 1) {
      expect(store.state()).not.toMatchObject({ call: { screen: "off" } });
      hearByScreen({ type: "lost", uncertain: true });
      await vi.advanceTimersByTimeAsync(0);
    }
    expect(stop).toHaveBeenCalled();
    expect(log.at(-1)).toBe("give back token");
    const call = { screen: "off", problem: { code: "screen_failed" } };
    expect(store.state()).toMatchObject({ screen: "call", call });
  });

  it("gives its place back before its owner is logged out", async () => {
    const { media } = screenOf();
    const given = later<Awaited<ReturnType<Api["removeUser"]>>>();
    const removeUser = vi.fn<Api["removeUser"]>(() => Promise.resolve(ok(null)));
    const { actions, log } = page({
      openScreen: () => Promise.resolve(media),
      api: { removeUser },
    });
    await actions.join(choice);
    await actions.showScreen(true);
    removeUser.mockReturnValueOnce(given.promise);
    await actions.leave();
    const out = actions.logOut();
    await vi.advanceTimersByTimeAsync(0);
    expect(log).not.toContain("log out");
    given.settle(ok(null));
    await out;
    expect(log).toContain("log out");
  });

  it("goes with the call", async () => {
    const { media, stop } = screenOf();
    const { actions, log } = page({ openScreen: () => Promise.resolve(media) });
    await actions.join(choice);
    await actions.showScreen(true);
    log.length = 0;
    await actions.leave();
    expect(log.filter((line) => line.startsWith("leave"))).toEqual(["leave screen", "leave"]);
    expect(stop).toHaveBeenCalled();
  });
});

describe("a screen, where it is sent over the call's own connection", () => {
  const media = (stop: () => void = () => undefined) => {
    const camera = { stop, addEventListener: () => undefined } as unknown as MediaStreamTrack;
    return {
      getTracks: () => [camera],
      getVideoTracks: () => [camera],
    } as Partial<MediaStream> as MediaStream;
  };

  /** In a call, with a screen to show. What becomes of showing it is for the test to say. */
  async function inCall(show = vi.fn<ScreenSender["show"]>(() => Promise.resolve(ok(null)))) {
    const stop = vi.fn<() => void>();
    const here = page({ openScreen: () => Promise.resolve(media(stop)) });
    const hide = vi.fn<ScreenSender["hide"]>(() => void here.log.push("hide"));
    Object.assign(here.call, { screen: { show, hide } });
    await here.actions.join(choice);
    here.log.length = 0;
    return { ...here, show, hide, stop };
  }

  it("needs no other token, and is gone when it is stopped", async () => {
    const { actions, store, log, show, stop } = await inCall();
    await actions.showScreen(true);
    expect(show).toHaveBeenCalledOnce();
    expect(store.state()).toMatchObject({ call: { screen: "on" } });
    await actions.showScreen(false);
    expect(log).toEqual(["hide"]);
    expect(stop).toHaveBeenCalled();
    expect(store.state()).toMatchObject({ call: { screen: "off" } });
  });

  it("moves to the connection that takes the place of a lost one", async () => {
    const { actions, store, hear, show } = await inCall();
    await actions.showScreen(true);
    const shown = later<Awaited<ReturnType<ScreenSender["show"]>>>();
    show.mockReturnValueOnce(shown.promise);
    hear({ type: "lost" });
    await vi.advanceTimersByTimeAsync(0);
    expect(show).toHaveBeenCalledTimes(2);
    expect(show.mock.calls[1]?.[0]).toBe(show.mock.calls[0]?.[0]);
    expect(store.state()).toMatchObject({ call: { screen: "away" } });
    shown.settle(ok(null));
    await vi.advanceTimersByTimeAsync(0);
    expect(store.state()).toMatchObject({ call: { screen: "on" } });
  });

  it("waits for the next connection when this one is lost before it is shown", async () => {
    const { actions, store, hear, show } = await inCall();
    const shown = later<Awaited<ReturnType<ScreenSender["show"]>>>();
    show.mockReturnValueOnce(shown.promise);
    void actions.showScreen(true);
    await vi.advanceTimersByTimeAsync(0);
    hear({ type: "lost" });
    shown.settle(failed("call_left"));
    await vi.advanceTimersByTimeAsync(0);
    expect(show).toHaveBeenCalledTimes(2);
    expect(store.state()).toMatchObject({ call: { screen: "on", problem: null } });
  });

  it("that cannot be sent is let go of, and the call goes on", async () => {
    const { actions, store, stop } = await inCall(
      vi.fn<ScreenSender["show"]>(() => Promise.resolve(failed("publish_failed"))),
    );
    await actions.showScreen(true);
    expect(stop).toHaveBeenCalled();
    const call = { screen: "off", problem: { code: "screen_failed" } };
    expect(store.state()).toMatchObject({ screen: "call", call });
  });
});
