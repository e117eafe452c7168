/** A call as the rest of the page knows it: who is in it, what happens, what can be asked of it. */
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
  /** Whether their video and sound could not be fetched. */
  readonly broken: boolean;
}

export interface Member extends Names {
  readonly connectionId: string;
  readonly self: boolean;
  /** Whether this is somebody's screen, which has a connection of its own. */
  readonly screen: boolean;
  /** Null while the server has no stream of theirs. */
  readonly sending: Sending | null;
}

/** What somebody sends whose devices are all off. */
export const nothingSent: Sending = {
  media: null,
  camera: false,
  microphone: false,
  broken: false,
};

/** Whether `member` is here to watch. Whoever may send is not, even before they do. */
export const isWatching = ({ sending, role }: Member): boolean =>
  sending === null && (role === null || !mayPublish(role));

/** What we send. A device that is off, missing or denied has no track. */
export interface Outgoing extends OwnTracks {
  readonly muted: boolean;
}

/** Our own connections besides the one that a call is made over. */
export interface OwnConnections {
  /** Our screens. They are shown from here, not fetched back from the server. */
  readonly screens: Map<string, MediaStream>;
  /** Connections that we have given up. The server may list them for a while. */
  readonly former: Set<string>;
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
  | { readonly type: "reconnecting" }
  /** The socket is back, and we are still a member of the call. */
  | { readonly type: "reconnected" }
  /**
   * This connection cannot be repaired; another one may work. `uncertain`: nobody
   * knows whether the server has what was to be sent over it.
   */
  | { readonly type: "lost"; readonly uncertain?: true }
  /** A moderator stopped what we send. */
  | { readonly type: "unpublished" }
  | { readonly type: "ended"; readonly reason: EndReason };

export type CallListener = (event: CallEvent) => void;

export interface Call {
  /** Gives who is here now; `listener` hears of every change from now on. */
  listen(listener: CallListener): readonly Member[];
  /**
   * Sends `outgoing` from now on, and nothing else. Of several requests, the
   * latest one counts. The tracks stay the caller's, who stops them in the end;
   * but a track that is replaced is stopped here.
   */
  publish(outgoing: Outgoing): Promise<Result<null>>;
  /** Writes `text` to everybody, oneself included. */
  say(text: string): Promise<Result<null>>;
  /** Stops what somebody else sends. For moderators. */
  stop(connectionId: string): Promise<Result<null>>;
  /** Leaves, sends nothing any more and stays silent. Never fails. */
  leave(): void;
}
