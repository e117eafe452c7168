/** What people do with their devices, before a call and in it. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Deps } from "../src/actions";
import type { Devices } from "../src/devices";
import { failed, ok } from "../src/result";
import { bothDevices, cameraOnly, fakeTrack, later, page } from "./acting";
import { ann, choice, preferences } from "./fixtures";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("before the call", () => {
  it("opens the devices once, and joins with what is open", async () => {
    const { actions, store, log } = page();
    await actions.prepare();
    expect(store.state()).toMatchObject({ setup: { busy: false, report: cameraOnly().report } });
    await actions.join(choice);
    expect(log.filter((line) => line === "open devices")).toHaveLength(1);
    expect(log).toContain("publish camera -");
    expect(store.state()).toMatchObject({ setup: { tracks: null } });
  });

  it("joins although the browser is still asking, and asks nothing twice", async () => {
    const asked = later<Devices>();
    const openDevices = vi.fn(() => asked.promise);
    const { actions, log } = page({ openDevices });
    void actions.prepare();
    const joined = actions.join(choice);
    await vi.advanceTimersByTimeAsync(0);
    asked.settle(cameraOnly());
    await joined;
    expect(openDevices).toHaveBeenCalledOnce();
    expect(log).toContain("publish camera -");
  });

  it("joins with a microphone that is open and mute when one wishes so", async () => {
    const devices = bothDevices();
    const { actions, log } = page({ openDevices: () => Promise.resolve(devices) });
    await actions.want("microphone", false);
    await actions.join(choice);
    expect(devices.tracks.microphone.enabled).toBe(false);
    expect(log).toContain("publish camera microphone muted");
  });

  it("opens nothing for a subscriber", async () => {
    const { actions, store, log } = page();
    store.dispatch({ type: "loggedOut", problem: null, resume: false });
    store.dispatch({ type: "loggedIn", identity: { ...ann, role: "SUBSCRIBER" } });
    await actions.prepare();
    expect(log).toEqual([]);
  });

  it("remembers a device that is picked or switched off, and opens what is wanted now", async () => {
    const openDevices = vi.fn(() => Promise.resolve(cameraOnly()));
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
    const camera = fakeTrack("camera");
    const tracks = { camera, microphone: null };
    const { actions } = page({ openDevices: () => Promise.resolve({ ...cameraOnly(), tracks }) });
    await actions.prepare();
    await actions[go]();
    expect(camera.stop).toHaveBeenCalledTimes(stops);
  });

  it("closes devices that are opened too late for an earlier wish", async () => {
    const first = later<Devices>();
    const openDevices = vi.fn(() => Promise.resolve(cameraOnly()));
    openDevices.mockReturnValueOnce(first.promise);
    const { actions } = page({ openDevices });
    const earlier = actions.prepare();
    await actions.pick("microphone", "m2");
    const camera = fakeTrack("camera");
    first.settle({ ...cameraOnly(), tracks: { camera, microphone: null } });
    await earlier;
    expect(camera.stop).toHaveBeenCalledOnce();
  });
});

/** In a call with camera and microphone on. */
async function inCall(replaced: Parameters<typeof page>[0] = {}) {
  const devices = bothDevices();
  const here = page({ openDevices: () => Promise.resolve(devices), ...replaced });
  await here.actions.join(choice);
  here.log.length = 0;
  return { ...here, ...devices.tracks };
}

const publishingOf = ({ store }: Pick<ReturnType<typeof page>, "store">) => {
  const state = store.state();
  return state.screen === "call" ? state.call.publishing : null;
};

describe("switching a device", () => {
  it("mutes the microphone at once and keeps it open", async () => {
    const { actions, log, call, microphone } = await inCall();
    const sent = later<ReturnType<typeof ok<null>>>();
    call.publish = () => sent.promise;
    void actions.setDeviceEnabled("microphone", false);
    expect(microphone).toMatchObject({ enabled: false });
    expect(microphone.stop).not.toHaveBeenCalled();
    sent.settle(ok(null));
    expect(log).toEqual([]);
  });

  it("lets go of the camera, so that its light goes out, and opens it again", async () => {
    const { actions, log, camera } = await inCall();
    await actions.setDeviceEnabled("camera", false);
    expect(camera.stop).toHaveBeenCalledOnce();
    await actions.setDeviceEnabled("camera", true);
    expect(log).toEqual(["publish - microphone", "open camera", "publish camera microphone"]);
  });

  it("opens a device that could not be opened before, and says what is wrong now", async () => {
    const openDevice = vi.fn<Deps["openDevice"]>();
    const openDevices = () => Promise.resolve(cameraOnly());
    const { actions, store, log } = page({ openDevice, openDevices });
    await actions.join(choice);
    log.length = 0;
    openDevice.mockResolvedValueOnce({ track: null, trouble: "denied" });
    await actions.setDeviceEnabled("microphone", true);
    expect(publishingOf({ store })).toMatchObject({ report: { microphone: "denied" } });
    openDevice.mockResolvedValueOnce({ track: fakeTrack("new"), trouble: null });
    await actions.setDeviceEnabled("microphone", true);
    expect(log).toEqual(["publish camera -", "publish camera new"]);
    expect(publishingOf({ store })).toMatchObject({ report: { camera: null, microphone: null } });
  });

  it("closes a camera that was asked for and is unwanted by the time it opens", async () => {
    const opened = later<Awaited<ReturnType<Deps["openDevice"]>>>();
    const { actions, log } = await inCall({ openDevice: () => opened.promise });
    await actions.setDeviceEnabled("camera", false);
    const on = actions.setDeviceEnabled("camera", true);
    await actions.setDeviceEnabled("camera", false);
    const track = fakeTrack("late");
    opened.settle({ track, trouble: null });
    await on;
    expect(track.stop).toHaveBeenCalledOnce();
    expect(log.at(-1)).toBe("publish - microphone");
  });

  it("does the same while the browser still asks for the devices", async () => {
    const asked = later<Devices>();
    const { actions, log } = page({ openDevices: () => asked.promise });
    const joined = actions.join(choice);
    await vi.advanceTimersByTimeAsync(0);
    await actions.setDeviceEnabled("camera", false);
    const { tracks, report } = bothDevices();
    asked.settle({ tracks, report });
    await joined;
    expect(tracks.camera.stop).toHaveBeenCalledOnce();
    expect(log.at(-1)).toBe("publish - microphone");
  });

  it("that fails is told, and the device that works stays on", async () => {
    const { actions, store, call, camera } = await inCall();
    call.publish = () => Promise.resolve(failed("device_not_switched"));
    await actions.setDeviceEnabled("microphone", false);
    expect(publishingOf({ store })).toMatchObject({ problem: { code: "device_not_switched" } });
    expect(camera.stop).not.toHaveBeenCalled();
  });

  it("closes the devices when nothing of them is sent", async () => {
    const { actions, store, call, camera, microphone } = await inCall();
    call.publish = () => Promise.resolve(failed("publish_failed"));
    await actions.setDeviceEnabled("microphone", false);
    expect(camera.stop).toHaveBeenCalled();
    expect(microphone.stop).toHaveBeenCalled();
    expect(publishingOf({ store })).toMatchObject({ problem: { code: "publish_failed" } });
  });

  it("that fails late does not close devices that were opened since", async () => {
    const camera = fakeTrack("camera");
    const { actions, call } = await inCall({
      openDevices: () => Promise.resolve(bothDevices()),
      openDevice: () => Promise.resolve({ track: camera, trouble: null }),
    });
    const early = later<ReturnType<typeof failed>>();
    vi.spyOn(call, "publish").mockReturnValueOnce(early.promise);
    const muted = actions.setDeviceEnabled("microphone", false);
    await actions.setDeviceEnabled("camera", false);
    await actions.setDeviceEnabled("camera", true);
    early.settle(failed("unpublished_by_moderator"));
    await muted;
    expect(camera.stop).not.toHaveBeenCalled();
  });
});

describe("picking another device", () => {
  it("opens that device alone, and closes the one before when the other is sent", async () => {
    const { actions, log, camera, microphone } = await inCall({
      openDevice: () => Promise.resolve({ track: fakeTrack("c2"), trouble: null }),
    });
    await actions.pick("camera", "c2");
    expect(log.slice(1)).toEqual(["publish c2 microphone"]);
    expect(camera.stop).toHaveBeenCalled();
    expect(microphone.stop).not.toHaveBeenCalled();
    log.length = 0;
    await actions.pick("speaker", "s2");
    expect(log).toHaveLength(1);
  });

  it("twice, one right after the other, ends with the second one", async () => {
    const first = later<Awaited<ReturnType<Deps["openDevice"]>>>();
    const openDevice = vi.fn<Deps["openDevice"]>(() => first.promise);
    const { actions, log } = await inCall({ openDevice });
    const early = actions.pick("microphone", "m2");
    openDevice.mockResolvedValueOnce({ track: fakeTrack("m3"), trouble: null });
    await actions.pick("microphone", "m3");
    const overtaken = fakeTrack("m2");
    first.settle({ track: overtaken, trouble: null });
    await early;
    expect(overtaken.stop).toHaveBeenCalledOnce();
    expect(log.filter((line) => line.startsWith("publish"))).toEqual(["publish camera m3"]);
  });

  it("gives the one before back first where only one can be open at a time", async () => {
    const openDevice = vi.fn<Deps["openDevice"]>();
    openDevice.mockResolvedValueOnce({ track: null, trouble: "in_use" });
    openDevice.mockResolvedValueOnce({ track: fakeTrack("back"), trouble: null });
    const { actions, log, camera } = await inCall({ openDevice });
    await actions.pick("camera", "back");
    const [closed = 0] = camera.stop.mock.invocationCallOrder;
    expect(closed).toBeLessThan(openDevice.mock.invocationCallOrder[1] ?? 0);
    expect(log.at(-1)).toBe("publish back microphone");
  });

  it("that cannot be opened leaves the one before in use", async () => {
    const { actions, store, log, camera } = await inCall({
      openDevice: () => Promise.resolve({ track: null, trouble: "failed" }),
    });
    await actions.pick("camera", "broken");
    expect(log).toHaveLength(1);
    expect(camera.stop).not.toHaveBeenCalled();
    expect(publishingOf({ store })).toMatchObject({ report: { camera: "failed" } });
  });

  it("opens no camera that is off", async () => {
    const { actions, log } = await inCall();
    await actions.setDeviceEnabled("camera", false);
    log.length = 0;
    await actions.pick("camera", "c2");
    expect(log).toHaveLength(1);
  });
});

describe("a device that is unplugged", () => {
  it("is told to the others and to oneself, and the other one goes on", async () => {
    const { store, log, camera } = await inCall();
    camera.onended?.();
    expect(log).toEqual(["publish - microphone"]);
    const report = { camera: "unplugged", microphone: null };
    expect(publishingOf({ store })).toMatchObject({ report });
  });

  it("is only off once it is plugged in again", async () => {
    const options = [{ kind: "camera", id: "", label: "" }] as const;
    const { actions, store, log, camera } = await inCall({
      listDevices: () => Promise.resolve(options),
    });
    camera.onended?.();
    log.length = 0;
    await actions.devicesChanged();
    expect(publishingOf({ store })).toMatchObject({ report: { camera: null } });
    // Nothing is sent that nobody asked for.
    expect(log).toEqual([]);
  });

  it("is looked at again before the call", async () => {
    const openDevices = vi.fn(() => Promise.resolve(cameraOnly()));
    const options = [{ kind: "microphone", id: "m1", label: "Headset" }] as const;
    const { actions, store } = page({ openDevices, listDevices: () => Promise.resolve(options) });
    await actions.prepare();
    openDevices.mockResolvedValueOnce(bothDevices());
    await actions.devicesChanged();
    expect(store.state()).toMatchObject({ setup: { report: { microphone: null }, options } });
    openDevices.mockClear();
    await actions.devicesChanged();
    expect(openDevices).not.toHaveBeenCalled();
  });
});

describe("what a moderator stops", () => {
  it("is closed, and sent again only when one asks for it", async () => {
    const { actions, log, hear, camera, microphone, store } = await inCall();
    hear({ type: "unpublished" });
    expect(camera.stop).toHaveBeenCalled();
    expect(microphone.stop).toHaveBeenCalled();
    expect(log).toEqual([]);
    await actions.publish();
    expect(log).toEqual(["publish camera microphone"]);
    expect(publishingOf({ store })).toMatchObject({ problem: null });
  });
});
