/**
 * Who is in a LiveKit room, and what they send.
 *
 * The library tells of each change by an event of its own. Whatever the event, the
 * roster is read anew from the room, and differences are told. While the library
 * reconnects, it removes everybody and puts them back: the roster waits for the end.
 *
 * A screen is sent over its owner's connection. It is shown as a member of its own,
 * under an id that no connection has.
 */
import {
  ConnectionQuality,
  ConnectionState,
  type Participant,
  type Room,
  RoomEvent,
  Track,
  type TrackPublication,
} from "livekit-client";
import { parseObject, text } from "./json";
import type { CallEvent, Member, OwnConnections, Sending, Quality } from "./members";
import { namesOf } from "./person";

/** Every event after which somebody may be there, gone or different. */
const changes = [
  RoomEvent.ParticipantConnected,
  RoomEvent.ParticipantDisconnected,
  RoomEvent.ParticipantActive,
  RoomEvent.ParticipantNameChanged,
  RoomEvent.ParticipantMetadataChanged,
  RoomEvent.TrackPublished,
  RoomEvent.TrackUnpublished,
  RoomEvent.TrackSubscribed,
  RoomEvent.TrackUnsubscribed,
  RoomEvent.TrackMuted,
  RoomEvent.TrackUnmuted,
  RoomEvent.LocalTrackPublished,
  RoomEvent.LocalTrackUnpublished,
  RoomEvent.ConnectionQualityChanged,
  RoomEvent.Reconnected,
] as const;

export class LiveKitRoster {
  #members: ReadonlyMap<string, Member> = new Map();
  readonly #medias = new Map<string, MediaStream>();
  /** Tracks that could not be received. */
  readonly #broken = new Set<string>();
  #speaking: ReadonlySet<string> = new Set();
  #isDue = false;

  constructor(
    private readonly room: Room,
    private readonly own: OwnConnections,
    private readonly emit: (event: CallEvent) => void,
  ) {
    for (const event of changes) room.on(event, () => this.update());
    room.on(RoomEvent.TrackSubscriptionFailed, (sid) => {
      this.#broken.add(sid);
      this.update();
    });
    room.on(RoomEvent.ActiveSpeakersChanged, (speakers) =>
      this.#hear(new Set(speakers.map(({ identity }) => identity))),
    );
  }

  members(): readonly Member[] {
    return [...this.#members.values()];
  }

  /** Reads the room once everything is told that happens at the same time. */
  update(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      this.read();
    });
  }

  read(): void {
    const { state, localParticipant, remoteParticipants } = this.room;
    if (state === ConnectionState.Reconnecting || state === ConnectionState.Disconnected) return;
    const before = this.#members;
    const now = new Map<string, Member>();
    for (const participant of [localParticipant, ...remoteParticipants.values()]) {
      if (this.own.former.has(participant.identity)) continue;
      for (const member of this.#membersOf(participant)) now.set(member.connectionId, member);
    }
    this.#members = now;
    for (const connectionId of before.keys()) {
      if (now.has(connectionId)) continue;
      this.#medias.delete(connectionId);
      this.emit({ type: "memberLeft", connectionId });
    }
    for (const member of now.values()) {
      if (!isSame(before.get(member.connectionId), member)) this.emit({ type: "member", member });
    }
  }

  /** Somebody, and their screen if they show one. */
  #membersOf(participant: Participant): readonly Member[] {
    const { identity, name, metadata, connectionQuality } = participant;
    const { Camera, Microphone, ScreenShare, ScreenShareAudio } = Track.Source;
    const said = parseObject(metadata ?? "");
    const person: Member = {
      ...namesOf(name ?? "", text(said, "user"), said["role"]),
      connectionId: identity,
      self: participant === this.room.localParticipant,
      screen: false,
      sending: this.#sendingOf(participant, identity, Camera, Microphone),
      quality: qualityOf(connectionQuality),
      // Only an administrator of the room can, who could do far more than that.
      stoppable: false,
    };
    const connectionId = `${identity}/screen`;
    const sending = this.#sendingOf(participant, connectionId, ScreenShare, ScreenShareAudio);
    if (sending === null) return [person];
    return [person, { ...person, connectionId, screen: true, sending, quality: null }];
  }

  #sendingOf(
    participant: Participant,
    id: string,
    ...[video, audio]: readonly [Track.Source, Track.Source]
  ): Sending | null {
    const picture = participant.getTrackPublication(video);
    const sound = participant.getTrackPublication(audio);
    if (picture === undefined && sound === undefined) return null;
    const isOwn = participant === this.room.localParticipant;
    // Our own sound is not played. A camera of ours that is off has stopped.
    const wanted = isOwn ? [isOn(picture) ? picture : undefined] : [picture, sound];
    const tracks = wanted.flatMap((publication) => publication?.track?.mediaStreamTrack ?? []);
    const isBroken = [picture, sound].some(
      (publication) =>
        publication?.track === undefined && this.#broken.has(publication?.trackSid ?? ""),
    );
    return {
      media: isOwn || tracks.length > 0 ? this.#mediaOf(id, tracks) : null,
      camera: isOn(picture),
      microphone: isOn(sound),
      broken: isBroken,
    };
  }

  /** The same stream for as long as it has the same tracks, so that it plays on. */
  #mediaOf(id: string, tracks: readonly MediaStreamTrack[]): MediaStream {
    const before = this.#medias.get(id);
    const played = before?.getTracks() ?? [];
    if (
      before &&
      played.length === tracks.length &&
      tracks.every((track) => played.includes(track))
    ) {
      return before;
    }
    const media = new MediaStream([...tracks]);
    this.#medias.set(id, media);
    return media;
  }

  #hear(speaking: ReadonlySet<string>): void {
    const before = this.#speaking;
    this.#speaking = speaking;
    const tell = (connectionId: string, on: boolean) =>
      this.emit({ type: "speaking", connectionId, on });
    for (const id of before) if (!speaking.has(id)) tell(id, false);
    for (const id of speaking) if (!before.has(id)) tell(id, true);
  }
}

const isOn = (publication: TrackPublication | undefined): boolean =>
  publication !== undefined && !publication.isMuted;

function qualityOf(quality: ConnectionQuality): Quality | null {
  if (quality === ConnectionQuality.Poor) return "poor";
  return quality === ConnectionQuality.Lost ? "lost" : null;
}

const isSame = (one: Member | undefined, other: Member): boolean =>
  one !== undefined && hasSame(one, other, "sending") && hasSame(one.sending, other.sending);

/** Whether both have the same values, that under `except` aside. */
function hasSame(one: object | null, other: object | null, except?: string): boolean {
  if (one === null || other === null) return one === other;
  return Object.entries(one).every(
    ([key, value]) => key === except || Reflect.get(other, key) === value,
  );
}
