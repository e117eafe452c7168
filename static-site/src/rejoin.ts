/**
 * The rule of rejoining a call whose connection was lost:
 *
 * 1. Join at once, as `joinCall` does. But if the connection before was lost
 *    soon after it was made, wait first.
 * 2. While the cause may pass by itself, wait and try again. Wait longer each
 *    time, with jitter, so that many pages do not come all at once; but try at
 *    once when the browser has a network again.
 * 3. Any other cause, such as an expired login, ends it.
 * 4. After ten minutes, it ends as well.
 */
import { type Choice, type JoinPorts, type JoinedCall, joinCall } from "./join";
import type { ProblemCode } from "./problems";
import { type Result, failed } from "./result";
import type { Servers } from "./state";

export interface RejoinPorts extends JoinPorts {
  readonly checkServers: () => Promise<Servers["problems"]>;
}

interface Circumstances {
  readonly cancelled: AbortSignal;
  /** How many connections in a row were lost soon after they were made. */
  readonly losses: number;
  /** Called when the first try has failed and there will be others. */
  readonly waiting: () => void;
}

const shortestPause = 1_000;
const longestPause = 30_000;

/** For how many milliseconds a call is rejoined before the user has to ask for it. */
export const patience = 600_000;

/** Within how many milliseconds a loss counts as soon. */
const soon = 60_000;

/** Problems that may pass by themselves. */
export const passing: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  "offline",
  "timeout",
  "too_many_requests",
  "server_error",
  "internal",
  "bad_answer",
  "unexpected_answer",
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

export async function rejoinCall(
  ports: RejoinPorts,
  choice: Choice,
  { cancelled, losses, waiting }: Circumstances,
): Promise<Result<JoinedCall>> {
  const over = new AbortController();
  const end = () => over.abort();
  cancelled.addEventListener("abort", end);
  const timer = setTimeout(end, patience);
  const joined = await tryToJoin(ports, choice, { cancelled: over.signal, losses, waiting });
  clearTimeout(timer);
  if (joined.ok || !over.signal.aborted) return joined;
  return failed(cancelled.aborted ? "cancelled" : "rejoin_given_up");
}

async function tryToJoin(
  ports: RejoinPorts,
  choice: Choice,
  { cancelled, losses, waiting }: Circumstances,
): Promise<Result<JoinedCall>> {
  const isOver = () => cancelled.aborted;
  const wait = (pauses: number) => ports.pause(lengthOfPause(pauses), cancelled);
  if (losses > 0) await wait(losses - 1);
  let pauses = losses;
  while (!isOver()) {
    const joined = await joinCall(ports, choice, cancelled);
    if (joined.ok || !passing.has(joined.error.code)) return joined;
    if (pauses === losses) waiting();
    let problems: Servers["problems"];
    do {
      await wait(pauses);
      if (isOver()) break;
      pauses += 1;
      // A check costs less than a token, and the library retries a failed socket for hours.
      problems = await ports.checkServers();
    } while (problems !== null && problems.length > 0);
  }
  return failed("cancelled");
}

function lengthOfPause(pauses: number): number {
  const pause = Math.min(longestPause, shortestPause * 2 ** pauses);
  return pause * (0.5 + Math.random() / 2);
}

/** Counts connections in a row that were lost soon after they had taken the place of another. */
export function createLosses() {
  let madeAt = -Infinity;
  let losses = 0;
  return {
    rejoined(): void {
      madeAt = performance.now();
    },
    /** A connection is lost. Gives the count, this one included. */
    lost(): number {
      losses = performance.now() - madeAt < soon ? losses + 1 : 0;
      return losses;
    },
  };
}
