/** What LiveKit's errors and reasons mean to us. Their messages may hold a token, so nobody keeps one. */
import { ConnectionErrorReason, DisconnectReason } from "livekit-client";
import type { EndReason } from "./members";
import type { ProblemCode } from "./problems";

/** The number under `key`, if `error` has one. */
function numberIn(error: unknown, key: string): number | null {
  if (typeof error !== "object" || error === null) return null;
  const value: unknown = Reflect.get(error, key);
  return typeof value === "number" ? value : null;
}

export function codeOfConnectError(error: unknown): ProblemCode {
  const status = numberIn(error, "status");
  // A token that has expired, or a room that is gone.
  if (status === 401 || status === 404) return "token_dead";
  switch (numberIn(error, "reason")) {
    case ConnectionErrorReason.ServerUnreachable:
    case ConnectionErrorReason.WebSocket:
      return "video_unreachable";
    case ConnectionErrorReason.Timeout:
      return "connect_timeout";
    default:
      return "connect_failed";
  }
}

export const codeOfPublishError = (error: unknown): ProblemCode =>
  numberIn(error, "status") === 403 ? "publish_refused" : "publish_failed";

/** Why a connection has ended. The library names no reason when it has given up reconnecting. */
export function endReason(reason: DisconnectReason | undefined): EndReason {
  switch (reason) {
    case DisconnectReason.PARTICIPANT_REMOVED:
      return "removed";
    case DisconnectReason.ROOM_DELETED:
    case DisconnectReason.ROOM_CLOSED:
      return "closed";
    case DisconnectReason.DUPLICATE_IDENTITY:
      return "elsewhere";
    default:
      return "network";
  }
}
