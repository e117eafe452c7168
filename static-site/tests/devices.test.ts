/** Opening camera and microphone on machines where one or both do not work. */
import { describe, expect, it } from "vitest";
import { type Trouble, listDevices, openDevice, openDevices } from "../src/devices";
import { preferences } from "./fixtures";

type Fault = "NotAllowedError" | "NotFoundError" | "NotReadableError";

/** A machine that has what is named, and where a fault lies on what is named. */
function machine(faults: { camera?: Fault; microphone?: Fault }, has = ["camera", "microphone"]) {
  const asked: string[] = [];
  const track = (kind: string) => ({ kind }) as MediaStreamTrack;
  const media = {
    enumerateDevices: () =>
      Promise.resolve(
        has.map((kind) => ({ kind: kind === "camera" ? "videoinput" : "audioinput" })),
      ),
    getUserMedia({ video, audio }: MediaStreamConstraints) {
      const wanted = [video && "camera", audio && "microphone"].filter(Boolean);
      asked.push(wanted.join("+"));
      const fault = (video && faults.camera) || (audio && faults.microphone);
      if (fault) return Promise.reject(new DOMException("no", fault));
      return Promise.resolve({
        getVideoTracks: () => (video ? [track("video")] : []),
        getAudioTracks: () => (audio ? [track("audio")] : []),
      });
    },
  };
  return { asked, media: media as unknown as MediaDevices };
}

describe("opening one's own devices", () => {
  it("asks once for both when both work", async () => {
    const { media, asked } = machine({});
    const { tracks, report } = await openDevices(media, preferences);
    expect(asked).toEqual(["camera+microphone"]);
    expect([tracks.camera?.kind, tracks.microphone?.kind]).toEqual(["video", "audio"]);
    expect(report).toEqual({ camera: null, microphone: null });
  });

  it.each<[Fault, Trouble]>([
    ["NotAllowedError", "denied"],
    ["NotReadableError", "in_use"],
    ["NotFoundError", "missing"],
  ])("keeps the microphone when the camera gives %s", async (fault, trouble) => {
    const { tracks, report } = await openDevices(machine({ camera: fault }).media, preferences);
    expect(tracks.camera).toBeNull();
    expect(tracks.microphone?.kind).toBe("audio");
    expect(report).toEqual({ camera: trouble, microphone: null });
  });

  it("keeps the camera when the microphone does not work", async () => {
    const { media } = machine({ microphone: "NotReadableError" });
    const { tracks, report } = await openDevices(media, preferences);
    expect([tracks.camera?.kind, tracks.microphone]).toEqual(["video", null]);
    expect(report).toEqual({ camera: null, microphone: "in_use" });
  });

  it("gives nothing, and says why, when both are denied", async () => {
    const { media } = machine({ camera: "NotAllowedError", microphone: "NotAllowedError" });
    const { tracks, report } = await openDevices(media, preferences);
    expect(tracks).toEqual({ camera: null, microphone: null });
    expect(report).toEqual({ camera: "denied", microphone: "denied" });
  });

  it("insists on a picked device that is there, and else makes do with another", async () => {
    const asked: unknown[] = [];
    const media = {
      enumerateDevices: () =>
        Promise.resolve([
          { kind: "videoinput", deviceId: "c1" },
          { kind: "videoinput", deviceId: "c2" },
          { kind: "audioinput", deviceId: "m1" },
        ]),
      getUserMedia: ({ video, audio }: { video: object; audio: object }) => {
        asked.push(video, audio);
        return Promise.resolve({ getVideoTracks: () => [], getAudioTracks: () => [] });
      },
    } as unknown as MediaDevices;
    await openDevices(media, { ...preferences, camera: "c2", microphone: "unplugged" });
    expect(asked).toMatchObject([
      { deviceId: { exact: "c2" } },
      { deviceId: { ideal: "unplugged" } },
    ]);
  });

  it("never asks for a device that is not there", async () => {
    const { media, asked } = machine({}, ["microphone"]);
    const { tracks, report } = await openDevices(media, preferences);
    expect(asked).toEqual(["microphone"]);
    expect(tracks.microphone?.kind).toBe("audio");
    expect(report).toEqual({ camera: "missing", microphone: null });
  });

  it("asks for nothing on a machine without devices", async () => {
    const { media, asked } = machine({}, []);
    expect((await openDevices(media, preferences)).report).toEqual({
      camera: "missing",
      microphone: "missing",
    });
    expect(asked).toEqual([]);
  });

  it("says so on a page that was not loaded over https", async () => {
    const { report } = await openDevices(undefined, preferences);
    expect(report).toEqual({ camera: "insecure", microphone: "insecure" });
  });

  it("leaves a camera alone that is to stay off, and finds nothing wrong with it", async () => {
    const { media, asked } = machine({});
    const off = { ...preferences, wanted: { camera: false, microphone: true } };
    const { tracks, report } = await openDevices(media, off);
    expect(asked).toEqual(["microphone"]);
    expect(tracks.camera).toBeNull();
    expect(report).toEqual({ camera: null, microphone: null });
  });
});

describe("the list of devices", () => {
  it("has what the browser does not name yet, without an id", async () => {
    const enumerateDevices = () =>
      Promise.resolve([
        { kind: "videoinput", deviceId: "c1", label: "Front" },
        { kind: "audiooutput", deviceId: "s1", label: "" },
        { kind: "audioinput", deviceId: "", label: "" },
      ]);
    expect(await listDevices({ enumerateDevices } as unknown as MediaDevices)).toEqual([
      { kind: "camera", id: "c1", label: "Front" },
      { kind: "speaker", id: "s1", label: "" },
      { kind: "microphone", id: "", label: "" },
    ]);
    expect(await listDevices(undefined)).toEqual([]);
  });
});

describe("one device", () => {
  it("is opened without asking for the other", async () => {
    const { asked, media } = machine({});
    const opened = await openDevice(media, "microphone", preferences);
    expect(opened).toMatchObject({ track: { kind: "audio" }, trouble: null });
    expect(asked).toEqual(["microphone"]);
  });

  it("says why it cannot be opened", async () => {
    const { media } = machine({ camera: "NotReadableError" });
    expect(await openDevice(media, "camera", preferences)).toEqual({
      track: null,
      trouble: "in_use",
    });
    const insecure = { track: null, trouble: "insecure" };
    expect(await openDevice(undefined, "camera", preferences)).toEqual(insecure);
  });
});
