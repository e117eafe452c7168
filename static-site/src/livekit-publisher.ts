/**
 * What we send in a LiveKit room. Each device is published once; after that, its
 * track is replaced, muted and unmuted in it, so the others never lose it.
 *
 * Every operation goes through one queue and does what the latest request says. The
 * tracks are the caller's: the library is told so, or it would stop and reopen them.
 */
import {
  LocalAudioTrack,
  type LocalTrack,
  LocalVideoTrack,
  type Room,
  Track,
} from "livekit-client";
import type { Device } from "./devices";
import { codeOfPublishError } from "./livekit-codes";
import type { Outgoing } from "./members";
import { type Result, failed, ok } from "./result";
import { Gate, timeouts, within } from "./timing";

const devices = ["camera", "microphone"] as const;

/** How often one track is published before the user is told. */
const mostTries = 3;

/** What each track is to the others. */
const { Camera, Microphone, ScreenShare, ScreenShareAudio } = Track.Source;

export class LiveKitPublisher {
  #queue: Promise<unknown> = Promise.resolve();
  #latest: Outgoing = { camera: null, microphone: null, muted: true };
  readonly #published: Record<Device, LocalTrack | null> = { camera: null, microphone: null };
  readonly #screen: LocalTrack[] = [];
  /** The screen to show now. */
  #wantedScreen: MediaStream | null = null;
  /** Passed when the connection is back; null while it is up. */
  #back: Gate | null = null;
  /** How often the connection was away. */
  #losses = 0;
  #closed = false;

  constructor(private readonly room: Room) {}

  publish(outgoing: Outgoing): Promise<Result<null>> {
    this.#latest = outgoing;
    return this.#enqueue(async () => {
      for (const device of devices) {
        const outcome = await this.#bring(device);
        if (outcome.ok) continue;
        // The caller closes its devices after any failure but this one.
        if (outcome.error.code !== "device_not_switched") this.#takeBack();
        return outcome;
      }
      return ok(null);
    });
  }

  show(media: MediaStream): Promise<Result<null>> {
    this.#wantedScreen = media;
    return this.#enqueue(async () => {
      for (const track of media.getTracks()) {
        if (this.#wantedScreen !== media) break;
        const source = track.kind === "video" ? ScreenShare : ScreenShareAudio;
        const published = await this.#publish(() => localTrack(track), source);
        if (!published.ok) {
          this.#withdrawScreen();
          return published;
        }
        this.#screen.push(published.value);
      }
      if (this.#wantedScreen !== media) this.#withdrawScreen();
      return ok(null);
    });
  }

  hide(): void {
    this.#wantedScreen = null;
    void this.#enqueue(() => {
      if (this.#wantedScreen === null) this.#withdrawScreen();
      return Promise.resolve(ok(null));
    });
  }

  /** The connection is away: what is asked for now waits until it is back. */
  interrupted(): void {
    this.#losses += 1;
    this.#back ??= new Gate();
  }

  renewed(): void {
    this.#back?.open();
    this.#back = null;
  }

  close(): void {
    this.#closed = true;
    this.renewed();
  }

  #enqueue(work: () => Promise<Result<null>>): Promise<Result<null>> {
    const done = this.#queue.then(() => (this.#closed ? failed("call_left") : work()));
    this.#queue = done.catch(() => undefined);
    return done;
  }

  /** Makes the others get of `device` what the latest request says. */
  async #bring(device: Device): Promise<Result<null>> {
    await this.#back?.passed;
    if (this.#closed) return failed("call_left");
    const wanted = () => {
      const track = this.#latest[device];
      return { track, on: track !== null && (device === "camera" || !this.#latest.muted) };
    };
    const local = this.#published[device];
    const { track, on } = wanted();
    if (local === null) {
      if (track === null) return ok(null);
      const source = device === "camera" ? Camera : Microphone;
      const published = await this.#publish(async () => {
        const fresh = localTrack(wanted().track ?? track);
        if (!wanted().on) await fresh.mute();
        return fresh;
      }, source);
      if (!published.ok) return published;
      this.#published[device] = published.value;
      // Something else may have been asked for meanwhile.
      return this.#bring(device);
    }
    if (track !== null && local.mediaStreamTrack !== track) {
      const replaced = await replace(local, track);
      if (!replaced.ok) {
        // Nobody knows which track the others get, so it is silent and counts as off.
        await local.mute();
        return replaced;
      }
    }
    await (on ? local.unmute() : local.mute());
    return ok(null);
  }

  async #publish(
    make: () => LocalTrack | Promise<LocalTrack>,
    source: Track.Source,
  ): Promise<Result<LocalTrack>> {
    for (let tries = 1; ; tries += 1) {
      await this.#back?.passed;
      const losses = this.#losses;
      const outcome = await this.#tryToPublish(await make(), source);
      if (this.#closed) return failed("call_left");
      // A try that fails because the connection is away is repeated when it is back.
      if (outcome.ok || losses === this.#losses || tries === mostTries) return outcome;
    }
  }

  async #tryToPublish(local: LocalTrack, source: Track.Source): Promise<Result<LocalTrack>> {
    if (this.#closed) return failed("call_left");
    const published = this.room.localParticipant.publishTrack(local, { source }).then(
      () => ok(local),
      (error: unknown) => failed(codeOfPublishError(error)),
    );
    const outcome = await within(timeouts.publish, published, () => failed("publish_timeout"));
    if (!outcome.ok) this.#withdraw(local);
    return outcome;
  }

  /** Nothing of our devices is sent any more. */
  #takeBack(): void {
    for (const device of devices) {
      const local = this.#published[device];
      this.#published[device] = null;
      if (local !== null) this.#withdraw(local);
    }
  }

  #withdrawScreen(): void {
    for (const local of this.#screen.splice(0)) this.#withdraw(local);
  }

  /** Waits for nothing: the track leaves the connection at once, whatever the server says. */
  #withdraw(local: LocalTrack): void {
    this.room.localParticipant.unpublishTrack(local, false).catch(() => undefined);
  }
}

const localTrack = (track: MediaStreamTrack): LocalTrack =>
  track.kind === "video"
    ? new LocalVideoTrack(track, undefined, true)
    : new LocalAudioTrack(track, undefined, true);

async function replace(local: LocalTrack, track: MediaStreamTrack): Promise<Result<null>> {
  const replaced = local.replaceTrack(track, true).then(
    () => ok(null),
    () => failed("device_not_switched"),
  );
  return within(timeouts.replace, replaced, () => failed("device_not_switched"));
}
