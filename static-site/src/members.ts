/** A call as the rest of the page knows it: who is in it, what happens, what can be asked of it. */
import type { Device, OwnTracks } from "./devices";
import type { Names } from "./person";
import type { Result } from "./result";

/** What somebody sends. */
export interface Sending {
  /** What they send, once it has arrived. */
  readonly media: MediaStream | null;
  readonly camera: boolean;
  readonly microphone: boolean;
  /** Whether their video and sound could not be fetched. */
  readonly broken: boolean;
}

export interface Member extends Names {
  readonly connectionId: string;
  readonly self: boolean;
  /** Whether this is somebody's screen, which has a connection of its own. */
  readonly screen: boolean;
  /** Null for somebody who only watches. */
  readonly sending: Sending | null;
}

/** Why a call ended without anybody here asking for it. */
export type EndReason = "removed" | "closed" | "network" | "other";

export type CallEvent =
  /** Somebody came, or what they send has changed. */
  | { readonly type: "member"; readonly member: Member }
  | { readonly type: "memberLeft"; readonly connectionId: string }
  | { readonly type: "speaking"; readonly connectionId: string; readonly on: boolean }
  /** Somebody, oneself included, wrote something to everybody. */
  | { readonly type: "said"; readonly connectionId: string; readonly text: string }
  /** One's own device gives nothing any more, as when it is unplugged. */
  | { readonly type: "deviceLost"; readonly device: Device }
  | { readonly type: "reconnecting" }
  | { readonly type: "reconnected" }
  /** A moderator stopped what we send. */
  | { readonly type: "unpublished" }
  | { readonly type: "ended"; readonly reason: EndReason };

export type CallListener = (event: CallEvent) => void;

export interface Call {
  /** Gives who is here now; `listener` hears of every change from now on. */
  listen(listener: CallListener): readonly Member[];
  /** Sends `tracks` in place of what was sent before, and owns them from here on. May start muted. */
  publish(tracks: OwnTracks, start?: { readonly microphone: boolean }): Promise<Result<null>>;
  /** Switches a device of what is published off or on. The others are told. */
  turn(device: Device, on: boolean): Promise<Result<null>>;
  /** Writes `text` to everybody, oneself included. */
  say(text: string): Promise<Result<null>>;
  /** Shows `media` for a connection that is ours as well, rather than fetching it from the server. */
  own(connectionId: string, media: MediaStream): void;
  /** Stops what somebody else sends. For moderators. */
  stop(connectionId: string): Promise<Result<null>>;
  /** Leaves, turns the devices off and stays silent. Never fails. */
  leave(): void;
}
