/** Our own stream once it is published: its devices change, and it ends. */
import { describe, expect, it, vi } from "vitest";
import { failed, ok } from "../src/result";
import { timeouts } from "../src/timing";
import * as library from "./openvidu-library";
import { FakeTrack } from "./openvidu-library";
import {
  camera,
  carried,
  inCall,
  lastSending,
  microphone,
  publishing,
  send,
  settle,
} from "./openvidu-publishing";

vi.mock("openvidu-browser", () => import("./openvidu-library"));
vi.mock("../src/stand-ins", () => ({
  standInFor: (device: string) =>
    new FakeTrack(device === "camera" ? "video" : "audio", `no ${device}`),
}));

describe("a stream that is published", () => {
  it("changes a device without being published again", async () => {
    const first = camera("first");
    const { session, call, events } = await publishing({ camera: first, microphone: microphone() });
    await send(call, { camera: camera("second"), microphone: microphone("other") });
    expect(session.asked).toEqual([]);
    expect(carried()).toEqual(["second", "other"]);
    expect(first.stopped).toBe(true);
    const [shown] = lastSending(events)?.media?.getTracks() ?? [];
    expect(shown?.label).toBe("second");
  });

  it("leaves alone the device that does not change", async () => {
    const tracks = { camera: camera(), microphone: microphone() };
    const { call } = await publishing(tracks);
    await send(call, { ...tracks, microphone: microphone("other") });
    expect(library.publisher?.replaced.map(({ label }) => label)).toEqual(["other"]);
    expect(tracks.camera.stopped).toBe(false);
  });

  it("goes on with a device off, and the others are told", async () => {
    const tracks = { camera: camera(), microphone: microphone() };
    const { session, call, events } = await publishing(tracks);
    await send(call, { microphone: tracks.microphone, muted: true });
    expect(session.asked).toEqual([
      "streamPropertyChanged videoActive false",
      "streamPropertyChanged audioActive false",
    ]);
    expect(tracks.microphone).toMatchObject({ enabled: false, stopped: false });
    expect(carried()).toEqual(["microphone", "no camera"]);
    expect(lastSending(events)).toMatchObject({ camera: false, microphone: false });
    await send(call, { ...tracks, camera: camera("again") });
    expect(tracks.microphone.enabled).toBe(true);
    expect(lastSending(events)).toMatchObject({ camera: true, microphone: true });
  });

  it("of several changes makes the last one only", async () => {
    const { call } = await publishing({ camera: camera() });
    const changes = ["a", "b", "c"].map((label) => send(call, { camera: camera(label) }));
    await Promise.all(changes);
    expect(library.publisher?.replaced.map(({ label }) => label)).toEqual(["c"]);
  });

  it("gives way to a later change while an earlier one is under way", async () => {
    const { call } = await publishing({});
    const replacing = library.pending<undefined>();
    if (library.publisher !== null) library.publisher.replacing = replacing.promise;
    const early = send(call, { camera: camera("a"), microphone: microphone("loud") });
    await settle();
    const late = send(call, { camera: camera("b"), microphone: microphone("quiet"), muted: true });
    replacing.resolve(undefined);
    await Promise.all([early, late]);
    expect(library.publisher?.replaced.map(({ label }) => label)).toEqual(["a", "b", "quiet"]);
    expect(library.publisher?.replaced.at(-1)?.enabled).toBe(false);
  });

  it("tells the others of a change although a later one overtakes it", async () => {
    const { session, call } = await publishing({});
    const replacing = library.pending<undefined>();
    if (library.publisher !== null) library.publisher.replacing = replacing.promise;
    const sound = microphone();
    const early = send(call, { camera: camera("a"), microphone: sound });
    await settle();
    const late = send(call, { camera: camera("b"), microphone: sound });
    replacing.resolve(undefined);
    await Promise.all([early, late]);
    expect(session.asked).toEqual([
      "streamPropertyChanged videoActive true",
      "streamPropertyChanged audioActive true",
    ]);
  });

  it("does not wait for a reply that was lost with the socket", async () => {
    const tracks = { camera: camera(), microphone: microphone() };
    const { session, call } = await publishing(tracks);
    session.answers["streamPropertyChanged"] = () => undefined;
    const sent = send(call, { ...tracks, muted: true });
    await settle();
    session.emit("reconnecting");
    expect(await sent).toEqual(ok(null));
    session.answers = {};
    session.asked.length = 0;
    session.emit("reconnecting");
    session.emit("reconnected");
    await settle();
    expect(session.asked).toContain("streamPropertyChanged audioActive false");
  });

  it("tells the others with the next change what they could not be told before", async () => {
    const tracks = { camera: camera(), microphone: microphone() };
    const { session, call } = await publishing(tracks);
    session.answers["streamPropertyChanged"] = (answered) => answered(new Error("no socket"));
    await send(call, { ...tracks, muted: true });
    session.answers = {};
    session.asked.length = 0;
    await send(call, { ...tracks, camera: camera("other"), muted: true });
    expect(session.asked).toEqual(["streamPropertyChanged audioActive false"]);
  });

  it("counts a device as off, and keeps it silent, that could not be switched", async () => {
    const { session, call, events } = await publishing({ camera: camera() });
    if (library.publisher !== null) library.publisher.replacing = Promise.reject(new Error("no"));
    const sound = microphone();
    await send(call, { camera: camera("other"), microphone: sound });
    expect(lastSending(events)).toMatchObject({ camera: false, microphone: false });
    expect(sound.enabled).toBe(false);
    expect(session.asked).toEqual(["streamPropertyChanged videoActive false"]);
    if (library.publisher !== null) library.publisher.replacing = Promise.resolve();
    await send(call, { camera: camera("again"), microphone: sound });
    expect(lastSending(events)).toMatchObject({ camera: true, microphone: true });
    expect(sound.enabled).toBe(true);
  });

  it("tries a device again that was not replaced in time", async () => {
    const { call } = await publishing({});
    if (library.publisher !== null) library.publisher.replacing = new Promise(() => undefined);
    const track = camera();
    const late = send(call, { camera: track });
    await vi.advanceTimersByTimeAsync(timeouts.replace);
    expect(await late).toEqual(failed("device_not_switched"));
    if (library.publisher !== null) library.publisher.replacing = Promise.resolve();
    await send(call, { camera: track });
    expect(library.publisher?.replaced).toEqual([track, track]);
  });

  it("tries a device again that could not be replaced", async () => {
    const { call } = await publishing({});
    if (library.publisher !== null) library.publisher.replacing = Promise.reject(new Error("no"));
    const track = camera();
    expect(await send(call, { camera: track })).toEqual(failed("device_not_switched"));
    if (library.publisher !== null) library.publisher.replacing = Promise.resolve();
    expect(await send(call, { camera: track })).toEqual(ok(null));
    expect(carried()).toEqual(["no microphone", "camera"]);
  });

  it("tells the others again after a reconnection, which may have lost it", async () => {
    const { session } = await publishing({ camera: camera() });
    session.emit("reconnecting");
    session.emit("reconnected");
    await settle();
    expect(session.asked.slice(1)).toEqual([
      "streamPropertyChanged videoActive true",
      "streamPropertyChanged audioActive false",
    ]);
  });

  it("is told to have been stopped by a moderator, and can be published again", async () => {
    const tracks = { camera: camera() };
    const { session, call, events } = await publishing(tracks);
    library.publisher?.destroy("forceUnpublishByUser");
    expect(events.slice(-2)).toMatchObject([
      { type: "member", member: { self: true, sending: null } },
      { type: "unpublished" },
    ]);
    expect(tracks.camera.stopped).toBe(false);
    await send(call, tracks);
    expect(session.asked).toEqual(["publish"]);
  });

  it("is not published again by a change that was under way when a moderator stopped it", async () => {
    const { session, call } = await publishing({});
    const replacing = library.pending<undefined>();
    if (library.publisher !== null) library.publisher.replacing = replacing.promise;
    const early = send(call, { camera: camera("a") });
    await settle();
    const late = send(call, { camera: camera("b") });
    library.publisher?.destroy("forceUnpublishByUser");
    replacing.resolve(undefined);
    const stopped = failed("unpublished_by_moderator");
    expect(await Promise.all([early, late])).toEqual([stopped, stopped]);
    expect(session.asked).not.toContain("publish");
  });

  it.each(["leaving", "a lost connection"])("leaves the tracks to the page at %s", async (end) => {
    const tracks = { camera: camera() };
    const { call } = await publishing(tracks);
    const { publisher } = library;
    const [, standIn] = publisher?.stream.media?.getTracks() ?? [];
    if (end === "leaving") call.leave();
    publisher?.destroy("networkDisconnect");
    expect(tracks.camera.stopped).toBe(false);
    expect(standIn?.stopped).toBe(true);
  });

  it("sends nothing any more once one has left, however late the answer", async () => {
    const { session, call } = await inCall();
    const published = send(call, { camera: camera() });
    await settle();
    call.leave();
    session.published.resolve(undefined);
    expect(await published).toEqual(failed("call_left"));
    // The library leaves alone what it has not published, and would go on listening to it.
    expect(library.publisher?.stream.disposed).toBe(true);
    expect(await send(call, { camera: camera() })).toEqual(failed("call_left"));
    expect(carried()).toEqual([]);
  });

  it("is silent at once when muted, even while an older request is going on", async () => {
    const heard = microphone();
    const { call } = await publishing({ camera: camera("first"), microphone: heard });
    if (library.publisher !== null) library.publisher.replacing = new Promise(() => undefined);
    void send(call, { camera: camera("second"), microphone: heard });
    await settle();
    void send(call, { camera: camera("second"), microphone: heard, muted: true });
    expect(heard.enabled).toBe(false);
  });

  it("is not measured any more when it has ended", async () => {
    const { call } = await publishing({ camera: camera("screen") });
    const measure = vi.fn();
    const { publisher } = library;
    if (publisher !== null) publisher.screenShareResizeInterval = setInterval(measure, 650);
    call.leave();
    await vi.advanceTimersByTimeAsync(1000);
    expect(measure).not.toHaveBeenCalled();
  });
});
