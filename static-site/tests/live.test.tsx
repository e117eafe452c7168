// @vitest-environment happy-dom
/** The real store, the real actions and the real drawing together. */
import { describe, expect, it, vi } from "vitest";
import type { Deps } from "../src/actions";
import { mount, refusal, seenIn } from "./mounted";

const root = document.createElement("div");
const seen = seenIn(root);

const openDevices = () =>
  vi.fn<Deps["openDevices"]>(() =>
    Promise.resolve({
      tracks: { camera: null, microphone: null },
      report: { camera: "missing", microphone: "missing" },
    }),
  );

describe("a screen whose drawing changes the state", () => {
  it("is drawn again once that is done, and its effect runs once", async () => {
    const open = openDevices();
    const { store } = mount(root, { openDevices: open });
    const changed = vi.fn();
    store.subscribe(changed);
    await seen("No camera and no microphone were found.");
    expect(open).toHaveBeenCalledOnce();
    expect(changed.mock.calls.length).toBeLessThan(10);
  });

  it("is as the state says after every step, back to the first screen", async () => {
    const open = openDevices();
    const answers = { "/api-sessions/get-token": () => refusal(503, "openvidu_unavailable") };
    const { actions } = mount(root, { openDevices: open, answers });
    await seen("Join a call");
    await actions.join({ sessionName: "TUTORIAL", nickname: "Ann" });
    await seen("The video server cannot be reached just now.");
    await seen("No camera and no microphone were found.");
    expect(open).toHaveBeenCalledOnce();
    await actions.logOut();
    await seen("Log in");
    await actions.logIn("publisher1", "pass");
    await seen("Join a call");
  });
});
