/** What OpenVidu's codes and reasons mean to us. */
import type { EndReason } from "./members";
import type { ProblemCode } from "./problems";

const nameOf = (error: unknown): unknown =>
  typeof error === "object" && error !== null && "name" in error ? error.name : undefined;

export function codeOfConnectError(error: unknown): ProblemCode {
  if (nameOf(error) === "BROWSER_NOT_SUPPORTED") return "browser_not_supported";
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : null;
  switch (code) {
    // No such call; the call is closing; no such token.
    case 202:
    case 203:
    case 401:
      return "token_dead";
    case 204:
      return "video_full";
    default:
      return "connect_failed";
  }
}

/** Whether `error` says that the server has no stream of ours. */
export const isNotPublishing = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "code" in error && error.code === 105;

export function codeOfPublishError(error: unknown): ProblemCode {
  return nameOf(error) === "OPENVIDU_PERMISSION_DENIED" ? "publish_refused" : "publish_failed";
}

export function endReason(reason: string): EndReason {
  switch (reason) {
    case "forceDisconnectByUser":
    case "forceDisconnectByServer":
      return "removed";
    case "sessionClosedByServer":
      return "closed";
    case "networkDisconnect":
    case "nodeCrashed":
    case "openviduServerStopped":
    case "mediaServerDisconnect":
    case "mediaServerReconnect":
      return "network";
    default:
      return "other";
  }
}
