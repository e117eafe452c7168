/** Stands in for livekit-client: a room that does as the test says. Its words are the library's own. */
import { vi } from "vitest";
import { type FakeTrack, pending } from "./openvidu-library";

const real = await vi.importActual<typeof import("livekit-client")>("livekit-client");

export const {
  ConnectionErrorReason,
  ConnectionQuality,
  ConnectionState,
  DisconnectReason,
  LogLevel,
  RoomEvent,
  Track,
} = real;

export const setLogLevel = vi.fn<typeof real.setLogLevel>();

/** What was asked of the latest room, in words. */
export let asked: string[] = [];

/** A track as the library wraps it. */
class FakeLocalTrack {
  isMuted = false;

  constructor(
    public mediaStreamTrack: FakeTrack,
    _constraints: undefined,
    readonly isUserProvided: boolean,
  ) {}

  mute(): Promise<void> {
    return this.#turn(true);
  }

  unmute(): Promise<void> {
    return this.#turn(false);
  }

  async replaceTrack(track: FakeTrack, isUserProvided: boolean): Promise<void> {
    asked.push(`replace ${this.mediaStreamTrack.label} by ${track.label}`);
    if (!isUserProvided) throw new Error("the library would stop it");
    await latest().replaced;
    this.mediaStreamTrack = track;
    track.enabled = !this.isMuted;
  }

  #turn(isMuted: boolean): Promise<void> {
    this.mediaStreamTrack.enabled = !isMuted;
    if (this.isMuted === isMuted) return Promise.resolve();
    this.isMuted = isMuted;
    asked.push(`${isMuted ? "mute" : "unmute"} ${this.mediaStreamTrack.label}`);
    latest().emit(isMuted ? RoomEvent.TrackMuted : RoomEvent.TrackUnmuted);
    return Promise.resolve();
  }
}

export { FakeLocalTrack as LocalAudioTrack, FakeLocalTrack as LocalVideoTrack };

interface FakePublication {
  readonly trackSid: string;
  readonly isMuted: boolean;
  readonly track: { readonly mediaStreamTrack: FakeTrack } | undefined;
}

export class FakeParticipant {
  connectionQuality = ConnectionQuality.Excellent;
  readonly publications = new Map<string, FakePublication>();
  metadata: string | undefined;

  constructor(
    readonly identity: string,
    readonly name: string,
    user: string,
    role = "PUBLISHER",
  ) {
    this.metadata = JSON.stringify({ user, role });
  }

  getTrackPublication(source: string): FakePublication | undefined {
    return this.publications.get(source);
  }
}

class FakeLocalParticipant extends FakeParticipant {
  /** What comes of publishing, if the test decides it. */
  publishing: (() => Promise<void>) | null = null;
  /** What comes of a message. */
  sending: () => Promise<void> = () => Promise.resolve();

  async publishTrack(local: FakeLocalTrack, { source }: { source: string }): Promise<void> {
    const { label } = local.mediaStreamTrack;
    asked.push(`publish ${label} as ${source}${local.isMuted ? " muted" : ""}`);
    await this.publishing?.();
    this.publications.set(source, {
      trackSid: `TR_${label}`,
      get isMuted() {
        return local.isMuted;
      },
      track: local,
    });
    latest().emit(RoomEvent.LocalTrackPublished);
  }

  unpublishTrack(local: FakeLocalTrack, stop: boolean): Promise<void> {
    asked.push(`unpublish ${local.mediaStreamTrack.label}${stop ? " and stop it" : ""}`);
    for (const [source, { track }] of this.publications) {
      if (track === local) this.publications.delete(source);
    }
    latest().emit(RoomEvent.LocalTrackUnpublished);
    return Promise.resolve();
  }

  async sendText(text: string, { topic }: { topic: string }): Promise<void> {
    asked.push(`send ${topic} ${text}`);
    await this.sending();
  }
}

type TextHandler = (reader: { readAll: () => Promise<string> }, from: { identity: string }) => void;

export class Room {
  state = ConnectionState.Disconnected;
  readonly localParticipant = new FakeLocalParticipant("con_me", "Ann", "ann");
  readonly remoteParticipants = new Map<string, FakeParticipant>();
  readonly connected = pending<undefined>();
  replaced: Promise<void> = Promise.resolve();
  readonly #handlers = new Map<string, ((...args: readonly unknown[]) => void)[]>();
  readonly #texts = new Map<string, TextHandler>();

  constructor(readonly options: object) {
    rooms.push(this);
    asked = [];
  }

  on(event: string, handler: (...args: readonly unknown[]) => void): this {
    this.#handlers.set(event, [...(this.#handlers.get(event) ?? []), handler]);
    return this;
  }

  emit(event: string, ...args: readonly unknown[]): void {
    for (const handler of this.#handlers.get(event) ?? []) handler(...args);
  }

  async connect(url: string, token: string): Promise<void> {
    asked.push(`connect ${url} ${token}`);
    this.state = ConnectionState.Connecting;
    await this.connected.promise;
    this.state = ConnectionState.Connected;
  }

  disconnect(stop: boolean): Promise<void> {
    asked.push(`disconnect${stop ? " and stop all" : ""}`);
    this.end(DisconnectReason.CLIENT_INITIATED);
    return Promise.resolve();
  }

  registerTextStreamHandler(topic: string, handler: TextHandler): void {
    this.#texts.set(topic, handler);
  }

  unregisterTextStreamHandler(topic: string): void {
    this.#texts.delete(topic);
  }

  /** Lets us in, where these already are. */
  letIn(...others: readonly FakeParticipant[]): void {
    for (const other of others) this.remoteParticipants.set(other.identity, other);
    this.connected.resolve(undefined);
  }

  hear(topic: string, identity: string, text: Promise<string>): void {
    this.#texts.get(topic)?.({ readAll: () => text }, { identity });
  }

  come(participant: FakeParticipant): void {
    this.remoteParticipants.set(participant.identity, participant);
    this.emit(RoomEvent.ParticipantConnected);
  }

  go({ identity }: FakeParticipant): void {
    this.remoteParticipants.delete(identity);
    this.emit(RoomEvent.ParticipantDisconnected);
  }

  /** Connects anew: as the library does it, everybody goes first. */
  restart(): void {
    for (const participant of [...this.remoteParticipants.values()]) this.go(participant);
    this.state = ConnectionState.Reconnecting;
    this.emit(RoomEvent.Reconnecting);
  }

  /** The connection is there again, and with it these. */
  restarted(...others: readonly FakeParticipant[]): void {
    for (const other of others) this.come(other);
    this.state = ConnectionState.Connected;
    this.emit(RoomEvent.Reconnected);
  }

  end(reason?: number): void {
    this.state = ConnectionState.Disconnected;
    this.remoteParticipants.clear();
    this.emit(RoomEvent.Disconnected, reason);
  }
}

const rooms: Room[] = [];

/** The one that was made last. */
export function latest(): Room {
  const room = rooms.at(-1);
  if (room === undefined) throw new Error("nobody has connected");
  return room;
}
