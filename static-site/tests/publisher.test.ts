/** Our own stream in a call, over a library and a server that do as the test says. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { connectCall } from "../src/call";
import type { Call, CallEvent, Outgoing } from "../src/members";
import { failed, ok } from "../src/result";
import { timeouts } from "../src/timing";
import * as library from "./library";
import { FakeAudioContext, FakeMedia, FakeTrack } from "./library";

vi.mock("openvidu-browser", () => import("./library"));
vi.mock("../src/stand-ins", () => ({
  standInFor: (device: string) =>
    new FakeTrack(device === "camera" ? "video" : "audio", `no ${device}`),
}));

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("MediaStream", FakeMedia);
  vi.stubGlobal("AudioContext", FakeAudioContext);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function inCall(screen = false) {
  const own = { screens: new Map<string, MediaStream>(), former: new Set<string>() };
  const outcome = connectCall("token", "Ann", { screen, own });
  await vi.dynamicImportSettled();
  await vi.advanceTimersByTimeAsync(0);
  const { session } = library;
  session.letIn();
  const connected = await outcome;
  if (!connected.ok) throw new Error(connected.error.code);
  const call: Call = connected.value;
  const events: CallEvent[] = [];
  call.listen((event) => events.push(event));
  session.asked.length = 0;
  return { session, call, events };
}

const camera = (label = "camera") => new FakeTrack("video", label);
const microphone = (label = "microphone") => new FakeTrack("audio", label);

const send = (
  call: Call,
  { muted = false, ...tracks }: { camera?: FakeTrack; microphone?: FakeTrack; muted?: boolean },
) => {
  const real = (track?: FakeTrack) => (track ?? null) as unknown as MediaStreamTrack | null;
  const outgoing: Outgoing = {
    camera: real(tracks.camera),
    microphone: real(tracks.microphone),
    muted,
  };
  return call.publish(outgoing);
};

const settle = () => vi.advanceTimersByTimeAsync(0);

/** What the publisher in use carries. */
const carried = () => library.publisher?.stream.media?.getTracks().map(({ label }) => label);

const lastSending = (events: readonly CallEvent[]) => {
  const event = events.findLast(({ type }) => type === "member");
  return event?.type === "member" ? event.member.sending : undefined;
};

/** A call whose stream the server has taken. */
async function publishing(tracks: Parameters<typeof send>[1]) {
  const here = await inCall();
  here.session.published.resolve(undefined);
  await send(here.call, tracks);
  here.session.asked.length = 0;
  return here;
}

describe("publishing", () => {
  it("shows oneself at once, before the server has taken it", async () => {
    const { session, call, events } = await inCall();
    const published = send(call, { camera: camera() });
    await settle();
    expect(lastSending(events)).toMatchObject({ camera: true, microphone: false });
    session.published.resolve(undefined);
    expect(await published).toEqual(ok(null));
  });

  it("happens once, with something in place of what is off or missing", async () => {
    const { session, call } = await inCall();
    session.published.resolve(undefined);
    await send(call, {});
    expect(carried()).toEqual(["no camera", "no microphone"]);
    expect(library.publisher?.properties).toMatchObject({
      publishVideo: false,
      publishAudio: false,
    });
    await send(call, { camera: camera(), microphone: microphone() });
    expect(carried()).toEqual(["camera", "microphone"]);
    expect(session.asked).toEqual([
      "publish",
      "streamPropertyChanged videoActive true",
      "streamPropertyChanged audioActive true",
    ]);
  });

  it("sends of a screen what there is of it", async () => {
    const { session, call } = await inCall(true);
    session.published.resolve(undefined);
    await send(call, { camera: camera("screen") });
    expect(carried()).toEqual(["screen"]);
  });

  it("twice without waiting publishes once, and sends what was asked for last", async () => {
    const { session, call } = await inCall();
    const both = [
      send(call, { camera: camera("first") }),
      send(call, { camera: camera("second"), microphone: microphone() }),
    ];
    await settle();
    session.published.resolve(undefined);
    expect(await Promise.all(both)).toEqual([ok(null), ok(null)]);
    expect(session.asked.filter((line) => line === "publish")).toHaveLength(1);
    expect(carried()).toEqual(["second", "microphone"]);
  });

  it("that a role does not allow is not tried again", async () => {
    const { session, call, events } = await inCall();
    session.published.reject({ name: "OPENVIDU_PERMISSION_DENIED" });
    expect(await send(call, { camera: camera() })).toEqual(failed("publish_refused"));
    expect(session.asked).toEqual(["publish", "remove stream"]);
    expect(lastSending(events)).toBeNull();
    expect(carried()).toEqual([]);
  });
});

describe("a publish whose outcome is not known", () => {
  it.each([
    ["is never answered", null],
    ["is refused because the server has a stream of ours", 'Error on publishVideo: {"code":106}'],
  ])("takes back what the server may have, and publishes again: it %s", async (_, error) => {
    const { session, call, events } = await inCall();
    const published = send(call, { camera: camera() });
    await settle();
    const first = library.publisher;
    const { reject } = session.published;
    session.published = library.pending();
    session.published.resolve(undefined);
    if (error === null) await vi.advanceTimersByTimeAsync(timeouts.publish);
    else reject(error);
    expect(await published).toEqual(ok(null));
    expect(session.asked).toEqual(["publish", "remove stream", "unpublishVideo", "publish"]);
    expect(first?.stream.disposed).toBe(true);
    // At no moment did the page look as if nothing was sent.
    expect(events.map((event) => event.type === "member" && event.member.sending)).not.toContain(
      null,
    );
    expect(carried()).toEqual(["camera", "no microphone"]);
  });

  it("is found out as soon as the socket is back whose loss took the reply", async () => {
    const { session, call } = await inCall();
    const published = send(call, { camera: camera() });
    await settle();
    session.published = library.pending();
    session.published.resolve(undefined);
    session.emit("reconnecting");
    session.emit("reconnected");
    expect(await published).toEqual(ok(null));
    const requests = session.asked.filter((line) => !line.startsWith("signal"));
    expect(requests).toEqual(["publish", "remove stream", "unpublishVideo", "publish"]);
  });

  it("waits for the socket before anything is tried again", async () => {
    const { session, call } = await inCall();
    session.emit("reconnecting");
    session.published.resolve(undefined);
    void send(call, { camera: camera() });
    await settle();
    expect(session.asked).toEqual([]);
    session.emit("reconnected");
    await settle();
    expect(session.asked.slice(1, 2)).toEqual(["publish"]);
  });

  it("is tried again as one wishes to be heard by then", async () => {
    const { session, call } = await inCall();
    const { promise } = library.pending<undefined>();
    const sound = microphone();
    const early = send(call, { microphone: sound });
    await settle();
    const muted = send(call, { microphone: sound, muted: true });
    const { reject } = session.published;
    session.published = { ...library.pending<undefined>(), promise };
    reject(new Error("ICE"));
    await settle();
    expect(library.publisher?.properties.publishAudio).toBe(false);
    call.leave();
    await Promise.all([early, muted]);
  });

  it("is not followed by what was asked for in between", async () => {
    const { session, call } = await inCall();
    const sound = microphone();
    const first = send(call, { microphone: sound });
    await settle();
    const second = send(call, { microphone: sound, camera: camera() });
    const third = send(call, { microphone: sound, muted: true });
    const { reject } = session.published;
    session.published = library.pending();
    session.published.resolve(undefined);
    reject({ name: "OPENVIDU_PERMISSION_DENIED" });
    await Promise.all([first, second, third]);
    expect(session.asked.filter((line) => line === "publish")).toHaveLength(2);
    expect(library.publisher?.properties).toMatchObject({
      publishVideo: false,
      publishAudio: false,
    });
  });

  it("counts as not published when the server says so", async () => {
    const { session, call, events } = await inCall();
    session.answers["unpublishVideo"] = (answered) => answered({ code: 105 });
    session.published.reject(new Error("ICE"));
    expect(await send(call, { camera: camera() })).toEqual(failed("publish_failed"));
    expect(lastSending(events)).toBeNull();
  });

  it("costs the connection when the server does not take it back", async () => {
    const { session, call, events } = await inCall();
    session.answers["unpublishVideo"] = () => undefined;
    session.published.reject(new Error("ICE"));
    const published = send(call, { camera: camera() });
    await vi.advanceTimersByTimeAsync(timeouts.request);
    await published;
    expect(events.at(-1)).toEqual({ type: "lost" });
    expect(lastSending(events)).toMatchObject({ camera: true });
  });
});

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
});
