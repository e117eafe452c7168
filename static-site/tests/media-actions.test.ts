/** What people do with their devices and their screen, before a call and in it. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Api } from "../src/api";
import type { Devices } from "../src/devices";
import { failed, ok } from "../src/result";
import { later, page, working } from "./acting";
import { ann, choice, preferences } from "./fixtures";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("before the call", () => {
  it("opens the devices once, and joins with what is open", async () => {
    const { actions, store, log } = page();
    await actions.prepare();
    expect(store.state()).toMatchObject({ setup: { busy: false, report: working.report } });
    await actions.join(choice);
    expect(log.filter((line) => line === "open devices")).toHaveLength(1);
    expect(log).toContain("publish");
    expect(store.state()).toMatchObject({ setup: { tracks: null } });
  });

  it("joins although the browser is still asking, and asks nothing twice", async () => {
    const asked = later<Devices>();
    const openDevices = vi.fn(() => asked.promise);
    const { actions, log } = page({ openDevices });
    void actions.prepare();
    const joined = actions.join(choice);
    await vi.advanceTimersByTimeAsync(0);
    asked.settle(working);
    await joined;
    expect(openDevices).toHaveBeenCalledOnce();
    expect(log).toContain("publish");
  });

  it("opens nothing for a subscriber", async () => {
    const { actions, store, log } = page();
    store.dispatch({ type: "loggedOut", problem: null });
    store.dispatch({ type: "loggedIn", identity: { ...ann, role: "SUBSCRIBER" } });
    await actions.prepare();
    expect(log).toEqual([]);
  });

  it("remembers a device that is picked or switched off, and opens what is wanted now", async () => {
    const openDevices = vi.fn(() => Promise.resolve(working));
    const { actions, log } = page({ openDevices });
    await actions.pick("camera", "c2");
    await actions.want("camera", false);
    expect(log).toEqual([
      'prefer {"camera":true,"microphone":true} c2',
      'prefer {"camera":false,"microphone":true} c2',
    ]);
    const wanted = { camera: false, microphone: true };
    expect(openDevices).toHaveBeenLastCalledWith({ ...preferences, camera: "c2", wanted });
  });

  it.each([
    ["are turned off when one logs out", "logOut", 1],
    ["are turned off when one goes away", "pageLeft", 1],
    ["stay open for the next try when joining is cancelled", "cancelJoin", 0],
  ] as const)("%s", async (_, go, stops) => {
    const stop = vi.fn();
    const camera = { stop } as unknown as MediaStreamTrack;
    const tracks = { camera, microphone: null };
    const { actions } = page({ openDevices: () => Promise.resolve({ ...working, tracks }) });
    await actions.prepare();
    await actions[go]();
    expect(stop).toHaveBeenCalledTimes(stops);
  });

  it("closes devices that are opened too late for an earlier wish", async () => {
    const first = later<Devices>();
    const stop = vi.fn();
    const openDevices = vi.fn(() => Promise.resolve(working));
    openDevices.mockReturnValueOnce(first.promise);
    const { actions } = page({ openDevices });
    const earlier = actions.prepare();
    await actions.pick("microphone", "m2");
    const camera = { stop } as unknown as MediaStreamTrack;
    first.settle({ ...working, tracks: { camera, microphone: null } });
    await earlier;
    expect(stop).toHaveBeenCalledOnce();
  });
});

describe("switching a device", () => {
  it("opens a camera that was off from the start", async () => {
    const { actions, log, call } = page();
    await actions.join(choice);
    log.length = 0;
    call.turn = () => Promise.resolve(failed("device_not_sent"));
    await actions.turn("camera", true);
    expect(log).toEqual(["open devices", "publish"]);
  });

  it("is passed on to the call, and its failure is told", async () => {
    const { actions, store, log, call } = page();
    await actions.join(choice);
    await actions.turn("microphone", false);
    expect(log).toContain("turn microphone off");
    call.turn = () => Promise.resolve(failed("camera_not_back"));
    await actions.turn("camera", true);
    expect(store.state()).toMatchObject({
      call: { sharing: { problem: { code: "camera_not_back" } } },
    });
  });
});

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
    expect(log).toEqual(["get token TUTORIAL", "own con", "connect", "publish"]);
    expect(store.state()).toMatchObject({ screen: "call", call: { screen: "on" } });
    log.length = 0;
    // The browser's own bar stops it.
    end();
    expect(log).toEqual(["leave", "give back token"]);
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
    const ticket = { sessionName: "T", token: "t", sessionId: "s", connectionId: "c" };
    getToken.mockResolvedValueOnce(ok({ ...ticket, role: "PUBLISHER" }));
    await actions.join(choice);
    getToken.mockResolvedValue(failed("not_logged_in"));
    await actions.showScreen(true);
    expect(stop).toHaveBeenCalled();
    const call = { screen: "off", problem: { code: "login_expired_in_call" } };
    expect(store.state()).toMatchObject({ screen: "call", call });
  });

  it("goes with the call", async () => {
    const { media, stop } = screenOf();
    const { actions, log } = page({ openScreen: () => Promise.resolve(media) });
    await actions.join(choice);
    await actions.showScreen(true);
    log.length = 0;
    await actions.leave();
    expect(log.filter((line) => line === "leave")).toHaveLength(2);
    expect(stop).toHaveBeenCalled();
  });
});
