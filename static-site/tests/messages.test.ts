/** Words for everything that can happen. */
import { describe, expect, it } from "vitest";
import type { DeviceReport } from "../src/devices";
import { describe as words, describeDevices, describeRest } from "../src/messages";
import { isSpoken } from "../src/problems";

describe("the catalogue", () => {
  it("names the request when the server named it", () => {
    expect(words({ code: "openvidu_timeout", reference: "req-1" })).toContain("req-1");
  });

  it("has a sentence even for a problem that nobody should read of", () => {
    expect(isSpoken("cancelled")).toBe(false);
    expect(words({ code: "cancelled" })).toMatch(/^The server did not accept/);
  });

  it("is not fooled by names that every object has", () => {
    expect(isSpoken("toString")).toBe(false);
  });
});

describe("devices", () => {
  it("need no words when both work", () => {
    expect(describeDevices({ camera: null, microphone: null }, "other")).toBeNull();
    expect(describeRest({ camera: null, microphone: null })).toBeNull();
  });

  it("are told apart when one does not work, with what works all the same", () => {
    const camera = { camera: "in_use", microphone: null } as const;
    const microphone = { camera: null, microphone: "failed" } as const;
    expect(describeDevices(camera, "other")).toBe("Your camera is in use by another program.");
    expect(describeRest(camera)).toBe("The others can hear you.");
    expect(describeDevices(microphone, "other")).toBe("Your microphone could not be started.");
    expect(describeRest(microphone)).toBe("The others can see you.");
  });

  it("say what can be done about when both fail in different ways", () => {
    const said = (report: DeviceReport) => describeDevices(report, "firefox");
    expect(said({ camera: "missing", microphone: "denied" })).toMatch(/does not let.*crossed-out/);
    expect(said({ camera: "in_use", microphone: "missing" })).toMatch(/in use/);
    expect(describeRest({ camera: "in_use", microphone: "missing" })).toMatch(/still see and hear/);
  });

  it.each([
    ["chromium", /symbol left of the address/],
    ["firefox", /crossed-out symbol/],
    ["safari", /Safari’s settings/],
    ["other", /browser’s settings/],
  ] as const)("can be allowed in %s in its own way", (browser, said) => {
    expect(describeDevices({ camera: "denied", microphone: "denied" }, browser)).toMatch(said);
  });
});
