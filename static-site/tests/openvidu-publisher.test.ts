/** Publishing our own stream, also when its outcome is not known. */
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
  send,
  settle,
} from "./openvidu-publishing";

vi.mock("openvidu-browser", () => import("./openvidu-library"));
vi.mock("../src/stand-ins", () => ({
  standInFor: (device: string) =>
    new FakeTrack(device === "camera" ? "video" : "audio", `no ${device}`),
}));

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

  it("ends with what was asked for in between, when it fails for good", async () => {
    const { session, call } = await inCall();
    const sound = microphone();
    const first = send(call, { microphone: sound });
    await settle();
    const second = send(call, { microphone: sound, camera: camera() });
    const third = send(call, { microphone: sound, muted: true });
    session.published.reject({ name: "OPENVIDU_PERMISSION_DENIED" });
    const refused = failed("publish_refused");
    expect(await Promise.all([first, second, third])).toEqual([refused, refused, refused]);
    expect(session.asked.filter((line) => line === "publish")).toHaveLength(1);
    // Somebody who asks after that asks anew.
    session.published = library.pending();
    session.published.resolve(undefined);
    expect(await send(call, { microphone: sound })).toEqual(ok(null));
  });

  it("is not tried again after a moderator's stop, nor is what was asked for before it", async () => {
    const { session, call } = await inCall();
    const first = send(call, { camera: camera() });
    await settle();
    const second = send(call, { camera: camera("other") });
    library.publisher?.destroy("forceUnpublishByUser");
    session.published.reject(new Error("ICE"));
    const stopped = failed("unpublished_by_moderator");
    expect(await Promise.all([first, second])).toEqual([stopped, stopped]);
    expect(session.asked).toEqual(["publish"]);
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
    expect(events.at(-1)).toEqual({ type: "lost", uncertain: true });
    expect(lastSending(events)).toMatchObject({ camera: true });
  });
});
