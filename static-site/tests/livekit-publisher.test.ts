/** What we send at LiveKit, over a library that does as the test says. */
import { describe, expect, it, vi } from "vitest";
import type { Call, Outgoing } from "../src/members";
import { failed, ok } from "../src/result";
import { timeouts } from "../src/timing";
import { inCall, lastOf, settle } from "./livekit-connecting";
import * as library from "./livekit-library";
import { ConnectionState, RoomEvent } from "./livekit-library";
import { FakeMedia, FakeTrack, pending } from "./openvidu-library";

vi.mock("livekit-client", () => import("./livekit-library"));

const camera = (label = "camera") => new FakeTrack("video", label);
const microphone = (label = "microphone") => new FakeTrack("audio", label);

function send(call: Call, tracks: { camera?: FakeTrack; microphone?: FakeTrack; muted?: boolean }) {
  const real = (track?: FakeTrack) => (track ?? null) as unknown as MediaStreamTrack | null;
  const outgoing: Outgoing = {
    camera: real(tracks.camera),
    microphone: real(tracks.microphone),
    muted: tracks.muted ?? false,
  };
  return call.publish(outgoing);
}

/** In a call in which both devices are sent. */
async function publishing() {
  const here = await inCall();
  const tracks = { camera: camera(), microphone: microphone() };
  await send(here.call, tracks);
  await settle();
  library.asked.length = 0;
  return { ...here, ...tracks };
}

const ownSending = (events: Parameters<typeof lastOf>[0]) => lastOf(events, "con_me")?.sending;

describe("publishing", () => {
  it("sends both devices, and shows the picture", async () => {
    const { call, events } = await inCall();
    const shown = camera();
    expect(await send(call, { camera: shown, microphone: microphone() })).toEqual(ok(null));
    await settle();
    expect(library.asked).toEqual(["publish camera as camera", "publish microphone as microphone"]);
    expect(ownSending(events)).toMatchObject({ camera: true, microphone: true, broken: false });
    expect(ownSending(events)?.media?.getTracks()).toEqual([shown]);
  });

  it("starts muted when that was chosen, so that nobody hears a word", async () => {
    const { call, events } = await inCall();
    const sound = microphone();
    await send(call, { microphone: sound, muted: true });
    await settle();
    expect(library.asked).toEqual(["mute microphone", "publish microphone as microphone muted"]);
    expect(sound.enabled).toBe(false);
    expect(ownSending(events)).toMatchObject({ camera: false, microphone: false });
  });

  it("sends nothing when there is no device", async () => {
    const { call } = await inCall();
    expect(await send(call, {})).toEqual(ok(null));
    expect(library.asked).toEqual([]);
  });

  it("mutes and unmutes the microphone without publishing again", async () => {
    const here = await publishing();
    await send(here.call, { ...here, muted: true });
    await send(here.call, here);
    expect(library.asked).toEqual(["mute microphone", "unmute microphone"]);
    expect(here.microphone.enabled).toBe(true);
  });

  it("starts a camera again in the same place after it was off", async () => {
    const { call, events, microphone: sound } = await publishing();
    await send(call, { microphone: sound });
    await settle();
    expect(ownSending(events)).toMatchObject({ camera: false });
    expect(ownSending(events)?.media?.getTracks()).toEqual([]);
    const fresh = camera("fresh");
    await send(call, { camera: fresh, microphone: sound });
    await settle();
    expect(library.asked).toEqual(["mute camera", "replace camera by fresh", "unmute fresh"]);
    expect(fresh.enabled).toBe(true);
    expect(ownSending(events)?.media?.getTracks()).toEqual([fresh]);
  });

  it("switches a device without a gap", async () => {
    const { call, camera: shown } = await publishing();
    await send(call, { camera: shown, microphone: microphone("headset") });
    expect(library.asked).toEqual(["replace microphone by headset"]);
  });

  it("sends nothing of a device that could not be switched", async () => {
    const { room, call, events, camera: shown } = await publishing();
    room.replaced = new Promise(() => undefined);
    const switching = send(call, { camera: shown, microphone: microphone("headset") });
    await vi.advanceTimersByTimeAsync(timeouts.replace);
    expect(await switching).toEqual(failed("device_not_switched"));
    expect(library.asked.at(-1)).toBe("mute microphone");
    expect(ownSending(events)).toMatchObject({ camera: true, microphone: false });
  });

  it("does what the latest request says, however many wait", async () => {
    const { room, call } = await inCall();
    const sent = pending<undefined>();
    room.localParticipant.publishing = () => sent.promise;
    const tracks = { camera: camera(), microphone: microphone() };
    const first = send(call, tracks);
    const last = send(call, { ...tracks, muted: true });
    room.localParticipant.publishing = null;
    sent.resolve(undefined);
    expect([await first, await last]).toEqual([ok(null), ok(null)]);
    expect(library.asked).toContain("publish microphone as microphone muted");
    expect(tracks.microphone.enabled).toBe(false);
  });

  it.each([
    [{ status: 403 }, "publish_refused"],
    [{ status: 408 }, "publish_failed"],
  ] as const)("that fails with %o is %s, and then nothing is sent", async (error, code) => {
    const { room, call, events } = await inCall();
    const tracks = { camera: camera(), microphone: microphone() };
    await send(call, { camera: tracks.camera });
    room.localParticipant.publishing = () => Promise.reject(Object.assign(new Error("no"), error));
    expect(await send(call, tracks)).toEqual(failed(code));
    await settle();
    expect(library.asked).toContain("unpublish camera");
    expect(ownSending(events)).toBeNull();
  });

  it("is given up when the server says nothing, and what comes late is taken back", async () => {
    const { room, call } = await inCall();
    room.localParticipant.publishing = () => new Promise(() => undefined);
    const outcome = send(call, { camera: camera() });
    await vi.advanceTimersByTimeAsync(timeouts.publish);
    expect(await outcome).toEqual(failed("publish_timeout"));
    expect(library.asked).toContain("unpublish camera");
  });

  it("waits while the connection is away", async () => {
    const { room, call } = await inCall();
    room.state = ConnectionState.SignalReconnecting;
    room.emit(RoomEvent.SignalReconnecting);
    room.restart();
    const outcome = send(call, { camera: camera() });
    await settle();
    expect(library.asked).toEqual([]);
    room.restarted();
    expect(await outcome).toEqual(ok(null));
  });

  it("is tried again when the connection was lost in the middle of it", async () => {
    const { room, call } = await inCall();
    const sent = pending<undefined>();
    room.localParticipant.publishing = () => sent.promise;
    const outcome = send(call, { camera: camera() });
    await settle();
    room.restart();
    room.localParticipant.publishing = null;
    sent.reject(new Error("closed"));
    await settle();
    room.restarted();
    expect(await outcome).toEqual(ok(null));
    expect(library.asked).toEqual([
      "publish camera as camera",
      "unpublish camera",
      "publish camera as camera",
    ]);
  });

  it("ends with the call, and so does what waits for the connection", async () => {
    const { room, call } = await inCall();
    room.restart();
    const outcome = send(call, { camera: camera() });
    await settle();
    call.leave();
    expect(await outcome).toEqual(failed("call_left"));
    expect(library.asked).toEqual(["disconnect"]);
  });
});

describe("a screen", () => {
  const screenOf = (...tracks: FakeTrack[]) => new FakeMedia(tracks) as unknown as MediaStream;
  const media = () => screenOf(camera("screen"), microphone("sound"));

  it("is sent over the same connection, and taken back", async () => {
    const { call, events } = await inCall();
    expect(await call.screen?.show(media())).toEqual(ok(null));
    await settle();
    expect(library.asked).toEqual([
      "publish screen as screen_share",
      "publish sound as screen_share_audio",
    ]);
    const shown = lastOf(events, "con_me/screen");
    expect(shown).toMatchObject({ self: true, screen: true, sending: { camera: true } });
    library.asked.length = 0;
    call.screen?.hide();
    await settle();
    expect(library.asked).toEqual(["unpublish screen", "unpublish sound"]);
    expect(events.at(-1)).toEqual({ type: "memberLeft", connectionId: "con_me/screen" });
  });

  it("that is hidden before it is shown leaves nothing behind", async () => {
    const { room, call } = await inCall();
    const sent = pending<undefined>();
    room.localParticipant.publishing = () => sent.promise;
    const showing = call.screen?.show(media());
    await settle();
    call.screen?.hide();
    sent.resolve(undefined);
    expect(await showing).toEqual(ok(null));
    await settle();
    expect(library.asked).toEqual(["publish screen as screen_share", "unpublish screen"]);
  });

  it("that cannot be sent whole is not sent at all", async () => {
    const { room, call } = await inCall();
    let published = 0;
    room.localParticipant.publishing = () => {
      published += 1;
      return published === 1 ? Promise.resolve() : Promise.reject(new Error("no"));
    };
    expect(await call.screen?.show(media())).toEqual(failed("publish_failed"));
    expect(library.asked).toContain("unpublish screen");
  });
});
