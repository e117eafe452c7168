/** What the buttons for camera and microphone show: what the others get, or will get next. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Deps } from "../src/actions";
import { isOn } from "../src/call-state";
import type { Devices } from "../src/devices";
import type { Member, Sending } from "../src/members";
import { failed } from "../src/result";
import { bothDevices, later, page } from "./acting";
import { choice, member, sending } from "./fixtures";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = () => vi.advanceTimersByTimeAsync(0);

/** In a call. `shown` tells which buttons show a device that is on. */
function entering(replaced: Parameters<typeof page>[0] = {}) {
  const devices = bothDevices();
  const here = page({ openDevices: () => Promise.resolve(devices), ...replaced });
  const own: Member = member("me", { self: true, user: "publisher1", sending: null });
  return {
    ...here,
    ...devices.tracks,
    joined: here.actions.join(choice),
    /** The library says what it sends. */
    send: (what: Sending | null) =>
      here.hear({ type: "member", member: { ...own, sending: what } }),
    shown: () => {
      const state = here.store.state();
      if (state.screen !== "call") throw new Error(`not in a call: ${state.screen}`);
      return (["camera", "microphone"] as const).filter((device) => isOn(state.call, device));
    },
  };
}

/** In a call, over a connection that is away. */
async function cutOff() {
  const here = entering();
  await here.joined;
  here.send(sending);
  here.hear({ type: "reconnecting" });
  return here;
}

describe("the buttons", () => {
  it("show what is sent while the connection is up", async () => {
    const { shown, send, joined } = entering();
    await joined;
    send({ ...sending, camera: false });
    expect(shown()).toEqual(["microphone"]);
  });

  it("show what will be sent while the browser asks for the devices", async () => {
    const asked = later<Devices>();
    const { actions, joined, shown } = entering({ openDevices: () => asked.promise });
    await settle();
    expect(shown()).toEqual(["camera", "microphone"]);
    await actions.setDeviceEnabled("microphone", false);
    expect(shown()).toEqual(["camera"]);
    asked.settle(bothDevices());
    await joined;
    expect(shown()).toEqual(["camera"]);
  });

  it("show a device as off that the browser does not give", async () => {
    const denied = { tracks: { camera: null, microphone: null }, report: bothDevices().report };
    const { joined, shown } = entering({ openDevices: () => Promise.resolve(denied) });
    await joined;
    expect(shown()).toEqual([]);
  });

  it("mute and unmute although the library has taken the stream apart", async () => {
    const { actions, send, shown, microphone } = await cutOff();
    send(null);
    expect(shown()).toEqual(["camera", "microphone"]);
    await actions.setDeviceEnabled("microphone", false);
    expect(shown()).toEqual(["camera"]);
    expect(microphone.enabled).toBe(false);
    await actions.setDeviceEnabled("microphone", true);
    expect(shown()).toEqual(["camera", "microphone"]);
  });

  it("stop and start the video although the old stream is still shown", async () => {
    const { actions, shown } = await cutOff();
    await actions.setDeviceEnabled("camera", false);
    expect(shown()).toEqual(["microphone"]);
    await actions.setDeviceEnabled("camera", true);
    expect(shown()).toEqual(["camera", "microphone"]);
  });

  it("show a camera that is being opened, and let it be stopped again", async () => {
    const opened = later<Awaited<ReturnType<Deps["openDevice"]>>>();
    const { actions, hear, shown, joined } = entering({ openDevice: () => opened.promise });
    await joined;
    hear({ type: "reconnecting" });
    await actions.setDeviceEnabled("camera", false);
    void actions.setDeviceEnabled("camera", true);
    expect(shown()).toEqual(["camera", "microphone"]);
    await actions.setDeviceEnabled("camera", false);
    expect(shown()).toEqual(["microphone"]);
  });

  it("show nothing once nothing of us can be sent", async () => {
    const here = page({ openDevices: () => Promise.resolve(bothDevices()) });
    here.call.publish = () => Promise.resolve(failed("publish_failed"));
    await here.actions.join(choice);
    const state = here.store.state();
    expect(state.screen === "call" && isOn(state.call, "camera")).toBe(false);
    expect(state.screen === "call" && isOn(state.call, "microphone")).toBe(false);
  });

  it("show nothing after a moderator's stop", async () => {
    const { hear, send, shown, joined } = entering();
    await joined;
    send(sending);
    send(null);
    hear({ type: "unpublished" });
    expect(shown()).toEqual([]);
  });

  it("show after a new connection what goes over it", async () => {
    const { hear, shown, joined, actions } = entering();
    await joined;
    hear({ type: "lost" });
    await actions.setDeviceEnabled("microphone", false);
    await settle();
    expect(shown()).toEqual(["camera"]);
  });
});
