/**
 * Coming back into a call whose connection was lost, as a rule:
 *
 * 1. Join anew at once, as `joinCall` does.
 * 2. While what stands in the way may pass by itself, wait and try again:
 *    longer each time, by chance a little more or less, so that many pages do
 *    not come all at once; and at once when the browser has a network again.
 * 3. Anything else, such as an expired login, is the end of it.
 */
import { type Choice, type JoinPorts, type Seat, joinCall } from "./join";
import { type Result, failed } from "./result";
import type { Servers } from "./state";

export interface RejoinPorts extends JoinPorts {
  readonly checkServers: () => Promise<Servers["problems"]>;
}

const shortestPause = 1_000;
const longestPause = 30_000;

/** Problems that may pass without anybody here doing anything. */
export const passing: ReadonlySet<string> = new Set([
  "offline",
  "timeout",
  "too_many_requests",
  "server_error",
  "internal",
  "bad_answer",
  "call_busy",
  "call_keeps_closing",
  "out_of_time",
  "secrets_unavailable",
  "store_unavailable",
  "openvidu_unavailable",
  "openvidu_timeout",
  "openvidu_refused",
  "video_unreachable",
  "video_full",
  "connect_timeout",
  "connect_failed",
]);

/** `waiting` is called when the first try has failed and there will be others. */
export async function rejoinCall(
  ports: RejoinPorts,
  choice: Choice,
  cancelled: AbortSignal,
  waiting: () => void,
): Promise<Result<Seat>> {
  for (let pauses = 0; ;) {
    const joined = await joinCall(ports, choice, cancelled);
    if (joined.ok || !passing.has(joined.error.code)) return joined;
    if (pauses === 0) waiting();
    let problems;
    do {
      await ports.pause(lengthOfPause(pauses), cancelled);
      if (cancelled.aborted) return failed("cancelled");
      pauses += 1;
      // To look costs less than a token, and the library retries a failed socket for hours.
      problems = await ports.checkServers();
    } while (problems !== null && problems.length > 0);
  }
}

function lengthOfPause(pauses: number): number {
  const pause = Math.min(longestPause, shortestPause * 2 ** pauses);
  return pause * (0.5 + Math.random() / 2);
}
