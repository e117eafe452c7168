/** A call as the rest of the page knows it: its members, its events, its operations. */
import type { OwnTracks } from "./devices";
import { mayPublish } from "./identity";
import type { Names } from "./person";
import type { Result } from "./result";

/** What somebody sends. */
export interface Sending {
  /** What they send, once it has arrived. */
  readonly media: MediaStream | null;
  readonly camera: boolean;
  readonly microphone: boolean;
  /** Whether their video and sound could not be received. */
  readonly broken: boolean;
}

/** What a bad connection is like. */
export type Quality = "poor" | "lost";

export interface Member extends Names {
  /** At OpenVidu, a screen has a connection of its own. Elsewhere its id is made up here. */
  readonly connectionId: string;
  readonly self: boolean;
  /** Whether this is somebody's screen. */
  readonly screen: boolean;
  /** Null while the server has no stream of theirs. */
  readonly sending: Sending | null;
  /** Null if it is good, or the server does not say. */
  readonly quality: Quality | null;
  /** Whether a moderator can stop what they send, without removing them. */
  readonly stoppable: boolean;
}

/** What a member with all devices off sends. */
export const nothingSent: Sending = {
  media: null,
  camera: false,
  microphone: false,
  broken: false,
};

/** Whether `member` only watches. Members who may send do not, even before they send. */
export const isWatching = ({ sending, role }: Member): boolean =>
  sending === null && (role === null || !mayPublish(role));

/** What we send. A device that is off, missing or denied has no track. */
export interface Outgoing extends OwnTracks {
  readonly muted: boolean;
}

/** Our own connections besides the one that a call is made over. */
export interface OwnConnections {
  /** Our screens. They are shown from here, not received from the server. */
  readonly screens: Map<string, MediaStream>;
  /** Connections that we have replaced. The server may list them for a while. */
  readonly former: Set<string>;
}

/** What a connection is for. */
export interface Purpose {
  /** It sends a screen, and fetches nothing from the others. */
  readonly screen: boolean;
  readonly own: OwnConnections;
}

/** What it takes to connect to a call. */
export interface Entry extends Purpose {
  /** The video server's address. */
  readonly url: string;
  readonly token: string;
  readonly nickname: string;
}

/** Why a call ended, if the user did not leave it. */
export type EndReason = "removed" | "closed" | "elsewhere" | "network" | "other";

export type CallEvent =
  /** Somebody joined, or what they send has changed. */
  | { readonly type: "member"; readonly member: Member }
  | { readonly type: "memberLeft"; readonly connectionId: string }
  | { readonly type: "speaking"; readonly connectionId: string; readonly on: boolean }
  /** Somebody, perhaps the user, has written to everybody. */
  | { readonly type: "said"; readonly connectionId: string; readonly text: string }
  | { readonly type: "reconnecting" }
  /** The socket is back, and we are still a member of the call. */
  | { readonly type: "reconnected" }
  /**
   * This connection cannot be repaired; another one may work. `uncertain`: nobody
   * knows whether the server has what was to be sent over it.
   */
  | { readonly type: "lost"; readonly uncertain?: true }
  /** A moderator has stopped our stream. */
  | { readonly type: "unpublished" }
  | { readonly type: "ended"; readonly reason: EndReason };

export type CallListener = (event: CallEvent) => void;

/** Sends a screen over the connection that a call is made over. */
export interface ScreenSender {
  /** Shows `media` to everybody. The tracks stay the caller's. */
  show(media: MediaStream): Promise<Result<null>>;
  hide(): void;
}

export interface Call {
  /** Null if a screen needs a connection of its own. */
  readonly screen: ScreenSender | null;
  /** Gives the members now; `listener` gets every event from now on. */
  listen(listener: CallListener): readonly Member[];
  /**
   * Sends `outgoing` from now on, and nothing else. Of several requests, the
   * latest one counts. The tracks stay the caller's, who stops them in the end;
   * but a track that is replaced is stopped here.
   */
  publish(outgoing: Outgoing): Promise<Result<null>>;
  /** Sends the chat message `text` to everybody, the user included. */
  say(text: string): Promise<Result<null>>;
  /** Stops what somebody else sends. For moderators. */
  stop(connectionId: string): Promise<Result<null>>;
  /** Leaves. Nothing is sent and no event comes any more. Never fails. */
  leave(): void;
}
