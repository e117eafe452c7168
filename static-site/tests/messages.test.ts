/** Words for everything that can happen. */
import { describe, expect, it } from "vitest";
import { describe as words, describeDevices, hasWords } from "../src/messages";

describe("the catalogue", () => {
  it("names the request when the server named it", () => {
    expect(words({ code: "openvidu_timeout", reference: "req-1" })).toContain("req-1");
  });

  it("has a sentence even for a code that it does not know", () => {
    expect(hasWords("brand_new")).toBe(false);
    expect(words({ code: "brand_new" })).toMatch(/^The server did not accept/);
  });

  it("is not fooled by names that every object has", () => {
    expect(hasWords("toString")).toBe(false);
    expect(words({ code: "toString" })).toMatch(/^The server did not accept/);
  });
});

describe("devices", () => {
  it("need no words when both work", () => {
    expect(describeDevices({ camera: null, microphone: null })).toBeNull();
  });

  it("are told apart when one does not work", () => {
    const camera = describeDevices({ camera: "denied", microphone: null });
    const microphone = describeDevices({ camera: null, microphone: "denied" });
    expect(camera).toMatch(/use your camera\. The others can hear you/);
    expect(microphone).toMatch(/use your microphone\. The others can see you/);
  });

  it("say what can be done about when both fail in different ways", () => {
    expect(describeDevices({ camera: "missing", microphone: "denied" })).toMatch(/does not let/);
    expect(describeDevices({ camera: "in_use", microphone: "missing" })).toMatch(/in use/);
  });
});
