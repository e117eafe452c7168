/** One's own devices: what is remembered of them, how loud they are, where to allow them. */
import { describe, expect, it, vi } from "vitest";
import { browserOf } from "../src/browser";
import { recallPreferences, rememberPreferences } from "../src/preferences";
import { type Preferences, reduceSetup } from "../src/setup-state";
import { createSilenceAlarm, levelOf, silentAfter } from "../src/sound";
import { preferences, setup } from "./fixtures";

function storageWith(value: string | null): Storage {
  let stored = value;
  return {
    getItem: () => stored,
    setItem: (_, next: string) => void (stored = next),
  } as Partial<Storage> as Storage;
}

describe("preferences", () => {
  it("are found again", () => {
    const storage = storageWith(null);
    const mine: Preferences = {
      ...preferences,
      camera: "c2",
      wanted: { camera: false, microphone: true },
      layout: "gallery",
      shortcuts: false,
    };
    rememberPreferences(mine, storage);
    expect(recallPreferences(storage)).toEqual(mine);
  });

  it.each([null, "", "nonsense", "[]", '{"camera":1,"wanted":7,"layout":"x"}'])(
    "are as for a newcomer when %j is remembered",
    (stored) => expect(recallPreferences(storageWith(stored))).toEqual(preferences),
  );
});

describe("the setup", () => {
  it("changes one wish and keeps the others", () => {
    const off = reduceSetup(setup, { type: "deviceWanted", device: "camera", on: false });
    const picked = reduceSetup(off, { type: "devicePicked", kind: "speaker", id: "s2" });
    expect(picked.preferences).toEqual({
      ...preferences,
      speaker: "s2",
      wanted: { camera: false, microphone: true },
    });
  });

  it("forgets silence when devices are opened again", () => {
    const silent = reduceSetup(setup, { type: "microphoneSilent", silent: true });
    expect(silent.silent).toBe(true);
    const tracks = { camera: null, microphone: null };
    const report = { camera: null, microphone: null };
    expect(reduceSetup(silent, { type: "setupOpened", tracks, report }).silent).toBe(false);
  });
});

describe("loudness", () => {
  it("goes from nothing to all, evenly for an ear", () => {
    expect(levelOf(new Float32Array(8))).toBe(0);
    expect(levelOf(new Float32Array(8).fill(1))).toBe(1);
    expect(levelOf(new Float32Array(8).fill(0.1))).toBeCloseTo(2 / 3);
    expect(levelOf(new Float32Array(0))).toBe(0);
  });
});

describe("silence", () => {
  it("is told once it has lasted, and told again when it is over", () => {
    const alarm = vi.fn();
    const hear = createSilenceAlarm(alarm);
    const steps = silentAfter / 100;
    for (let step = 1; step < steps; step += 1) hear(0);
    expect(alarm).not.toHaveBeenCalled();
    hear(0);
    hear(0);
    expect(alarm.mock.calls).toEqual([[true]]);
    hear(0.01);
    expect(alarm.mock.calls).toEqual([[true], [false]]);
  });
});

describe("the browser", () => {
  it.each([
    ["Mozilla/5.0 (X11) Gecko/20100101 Firefox/140.0", "firefox"],
    ["Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36", "chromium"],
    ["Mozilla/5.0 AppleWebKit/605.1.15 (KHTML) Version/18.0 Safari/605.1.15", "safari"],
    ["something else", "other"],
  ])("of %s is %s", (userAgent, name) => expect(browserOf(userAgent)).toBe(name));
});
