/**
 * Our own stream in one connection to a call. It is published once; after that,
 * tracks are replaced in it, so the others never lose it.
 *
 * Every operation goes through one queue. If the outcome of a publish is
 * unknown, the server may have the stream, so it is taken back before the next
 * try. If that fails too, only a new connection guarantees that no hidden stream
 * is left on the server.
 *
 * When publishing fails for good, or a moderator stops the stream, the caller
 * closes its devices. The requests that are still in the queue would send their
 * dead tracks, so they end with the same outcome.
 */
import type { OpenVidu, Publisher, Session, Stream } from "openvidu-browser";
import type { Device } from "./devices";
import type { Outgoing, Sending } from "./members";
import { codeOfPublishError, isNotPublishing } from "./openvidu-codes";
import { type Result, failed, ok } from "./result";
import { standInFor } from "./stand-ins";
import { Gate, timeouts, within } from "./timing";

/** How often one publish is tried before the user is told. */
const mostTries = 3;

const devices = ["camera", "microphone"] as const;

interface Events {
  /** What the others get has changed. Null: the server has no stream of ours. */
  readonly changed: (sending: Sending | null) => void;
  /** A moderator stopped our stream. */
  readonly stopped: () => void;
  /** The server may have a stream of ours that cannot be taken back. */
  readonly uncertain: () => void;
}

/** Requests that share their end: null until publishing has failed for good or was stopped. */
interface Period {
  end: Result<null> | null;
}

export class OpenViduPublisher {
  #queue: Promise<unknown> = Promise.resolve();
  #period: Period = { end: null };
  #latest: Outgoing = { camera: null, microphone: null, muted: true };
  #publisher: Publisher | null = null;
  /** The caller's tracks in the stream; null for a stand-in, undefined after a failure. */
  readonly #sent: Record<Device, MediaStreamTrack | null | undefined> = {
    camera: undefined,
    microphone: undefined,
  };
  /** What the others know of each device being on. */
  #told: Readonly<Record<Device, boolean>> = { camera: false, microphone: false };
  #shown: MediaStream | null = null;
  #closed = false;
  /** Passed when the socket is lost, and no reply comes over it any more. */
  #lost = new Gate();
  /** Passed when there is a socket again. */
  #back: Gate | null = null;

  constructor(
    private readonly openvidu: OpenVidu,
    private readonly session: Session,
    private readonly screen: boolean,
    private readonly events: Events,
  ) {}

  publish(outgoing: Outgoing): Promise<Result<null>> {
    this.#latest = outgoing;
    this.#silence(activeIn(outgoing));
    const period = this.#period;
    const end = () => period.end;
    return this.#enqueue(async () => {
      const outcome = end() ?? (await this.#send(outgoing, period));
      return end() ?? outcome;
    });
  }

  /** A device that is off is silent at once, even while the queue is busy with an older request. */
  #silence(active: Readonly<Record<Device, boolean>>): void {
    const media = this.#publisher?.stream.getMediaStream();
    for (const track of media?.getTracks() ?? []) {
      if (!active[track.kind === "video" ? "camera" : "microphone"]) track.enabled = false;
    }
  }

  /** The socket is lost; pending replies will never arrive. */
  interrupted(): void {
    this.#back ??= new Gate();
    this.#lost.open();
  }

  /** The socket was renewed. Notices to the others may have been lost with the old one. */
  renewed(): void {
    this.#lost = new Gate();
    this.#back?.open();
    this.#back = null;
    void this.#enqueue(async () => {
      if (this.#publisher === null) return ok(null);
      return this.#tellAll(this.#publisher.stream);
    });
  }

  /** Lets go of the caller's tracks, and of a stream that the library has not published yet. */
  close(): void {
    this.#closed = true;
    this.#lost.open();
    this.#back?.open();
    this.#dispose();
  }

  #enqueue(work: () => Promise<Result<null>>): Promise<Result<null>> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => undefined);
    return done;
  }

  #end(outcome: Result<null>): void {
    this.#period.end = outcome;
    this.#period = { end: null };
  }

  async #send(outgoing: Outgoing, period: Period): Promise<Result<null>> {
    if (this.#closed) return failed("call_left");
    return this.#publisher === null
      ? this.#publishStream(period)
      : this.#update(this.#publisher, outgoing);
  }

  async #publishStream(period: Period): Promise<Result<null>> {
    for (let tries = 1; ; tries += 1) {
      await this.#back?.passed;
      // The user may have muted themselves since.
      const outcome = await this.#tryPublish(this.#latest);
      if (this.#closed) return failed("call_left");
      if (outcome.ok || period.end !== null) return outcome;
      const refused = outcome.error.code === "publish_refused";
      this.#dispose();
      await this.#back?.passed;
      if (!refused && !(await this.#unpublish())) {
        this.#end(outcome);
        this.events.uncertain();
        return outcome;
      }
      if (refused || tries === mostTries) {
        this.#end(outcome);
        this.events.changed(null);
        return outcome;
      }
    }
  }

  async #tryPublish(outgoing: Outgoing): Promise<Result<null>> {
    const source = (device: Device) =>
      // A screen never gets a camera or a microphone later.
      outgoing[device] ?? (this.screen ? false : standInFor(device));
    const active = activeIn(outgoing);
    const late = () => failed("publish_timeout");
    try {
      const publisher = await this.openvidu.initPublisherAsync(undefined, {
        videoSource: source("camera"),
        audioSource: source("microphone"),
        publishVideo: active.camera,
        publishAudio: active.microphone,
        // Mirroring is the page's business, not something to send.
        mirror: false,
      });
      this.#sent.camera = outgoing.camera;
      this.#sent.microphone = outgoing.microphone;
      if (this.#closed) {
        release(publisher, this.#sent);
        return failed("call_left");
      }
      this.#publisher = publisher;
      this.#told = active;
      publisher.on("streamDestroyed", ({ reason }) => this.#destroyed(publisher, reason));
      this.#show(publisher.stream);
      const published = this.session.publish(publisher).then(() => ok(null));
      return await this.#reply(timeouts.publish, published, late);
    } catch (error) {
      return failed(codeOfPublishError(error));
    }
  }

  /** Takes the stream apart here, whatever the server has. */
  #dispose(): void {
    const publisher = this.#publisher;
    if (publisher === null) return;
    this.#publisher = null;
    release(publisher, this.#sent);
    publisher.stream.disposeWebRtcPeer();
    // The library would reconnect it, without the id that it never got.
    this.session.connection.removeStream();
    // So the library disposes of a stream that the server ends.
    publisher.stream.ee.emitEvent("local-stream-destroyed", ["unpublish"]);
  }

  /** Whether the server is certain to have no stream of ours now. */
  async #unpublish(): Promise<boolean> {
    const answer = await this.#request("unpublishVideo", {});
    return answer === null || isNotPublishing(answer);
  }

  async #update(publisher: Publisher, outgoing: Outgoing): Promise<Result<null>> {
    const { stream } = publisher;
    const active = { ...activeIn(outgoing) };
    activate(stream, active);
    let outcome: Result<null> = ok(null);
    for (const device of devices) {
      // A later request waits in the queue, or there is no stream any more.
      if (outgoing !== this.#latest || publisher !== this.#publisher) return ok(null);
      const track = outgoing[device];
      if (this.#sent[device] !== track) {
        const replaced = await this.#replace(publisher, device, track);
        if (replaced.ok) continue;
        outcome = replaced;
        // Nobody knows which track the others get, so it is silent and counts as off.
        active[device] = false;
        activate(stream, active);
        this.#silence(active);
      } else if (track !== null) track.enabled = active[device];
    }
    if (publisher !== this.#publisher) return ok(null);
    this.#show(stream);
    for (const device of devices) {
      if (this.#told[device] !== active[device]) await this.#tell(stream, device);
    }
    return outcome;
  }

  async #replace(
    publisher: Publisher,
    device: Device,
    track: MediaStreamTrack | null,
  ): Promise<Result<null>> {
    this.#sent[device] = undefined;
    try {
      // `replaceTrack` itself also polls the size of the picture, which throws once we have left.
      const replaced = publisher
        .replaceTrackAux(track ?? standInFor(device), false)
        .then(() => ok(null));
      const outcome = await within(timeouts.replace, replaced, () => failed("device_not_switched"));
      if (outcome.ok) this.#sent[device] = track;
      return outcome;
    } catch {
      return failed("device_not_switched");
    }
  }

  async #tellAll(stream: Stream): Promise<Result<null>> {
    for (const device of devices) await this.#tell(stream, device);
    return ok(null);
  }

  /** Tells the others whether `device` is on. A notice that is lost is repeated after a reconnection. */
  async #tell(stream: Stream, device: Device): Promise<void> {
    const property = device === "camera" ? "videoActive" : "audioActive";
    const reason = device === "camera" ? "publishVideo" : "publishAudio";
    const { streamId } = stream;
    const on = stream[property];
    const answer = await this.#request("streamPropertyChanged", {
      ...{ streamId, property, newValue: on, reason },
    });
    if (answer === null) this.#told = { ...this.#told, [device]: on };
  }

  /** What is wrong with the answer; null when nothing is. */
  #request(method: string, params: object): Promise<unknown> {
    const answered = new Promise<unknown>((resolve) => {
      this.openvidu.sendRequest(method, params, (error: unknown) => resolve(error ?? null));
    });
    return this.#reply<unknown>(timeouts.request, answered, () => "no answer");
  }

  /** What the server replies, or `late()` when nothing comes in time or over this socket. */
  #reply<T>(ms: number, reply: Promise<T>, late: () => T): Promise<T> {
    return within(ms, Promise.race([reply, this.#lost.passed.then(late)]), late);
  }

  #destroyed(publisher: Publisher, reason: string): void {
    if (this.#publisher !== publisher) return;
    // The library stops all tracks of the stream next.
    release(publisher, this.#sent);
    this.#publisher = null;
    this.events.changed(null);
    if (!reason.startsWith("forceUnpublish")) return;
    this.#end(failed("unpublished_by_moderator"));
    this.events.stopped();
  }

  #show(stream: Stream): void {
    const { camera } = this.#sent;
    const shown = this.#shown?.getTracks()[0];
    if (this.#shown === null || (camera ?? undefined) !== shown) {
      this.#shown = new MediaStream(camera ? [camera] : []);
    }
    this.events.changed({ media: this.#shown, broken: false, ...activity(stream) });
  }
}

/** Takes the caller's tracks out of the stream, or the library would stop them with it. */
function release(
  publisher: Publisher,
  sent: Readonly<Record<Device, MediaStreamTrack | null | undefined>>,
): void {
  // The library never stops to measure a screen, and would fail at it from now on.
  clearInterval(publisher.screenShareResizeInterval);
  const media = publisher.stream.getMediaStream() as MediaStream | undefined;
  for (const track of media?.getTracks() ?? []) {
    media?.removeTrack(track);
    if (track !== sent.camera && track !== sent.microphone) track.stop();
  }
}

const activeIn = ({ camera, microphone, muted }: Outgoing): Readonly<Record<Device, boolean>> => ({
  camera: camera !== null,
  microphone: microphone !== null && !muted,
});

/** Says in `stream` which devices are on. The library enables new tracks by it. */
function activate(stream: Stream, active: Readonly<Record<Device, boolean>>): void {
  stream.videoActive = active.camera;
  stream.audioActive = active.microphone;
}

/** Whether camera and microphone of `stream` are on. Absent and switched off look the same. */
export const activity = (stream: Stream): Pick<Sending, "camera" | "microphone"> => ({
  camera: stream.hasVideo && stream.videoActive,
  microphone: stream.hasAudio && stream.audioActive,
});
