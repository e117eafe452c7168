/**
 * The rule of joining a call:
 *
 * 1. Ask the API for a token; connect with it.
 * 2. A token may already be dead, because the last participant has left in the
 *    meantime. Then give it back and repeat step 1, at most twice.
 * 3. The server may limit how often somebody joins. Then wait for as long as it
 *    says, and ask again.
 * 4. If anything else goes wrong, or joining is cancelled, give the token back as
 *    well, so that the records list nobody who is not in the call.
 */
import type { Api, Ticket, TokenAnswer } from "./api";
import type { Call } from "./members";
import { type Result, failed, ok } from "./result";
import { certificatePage } from "./video-server";

export interface Choice {
  readonly sessionName: string;
  readonly nickname: string;
}

export interface JoinedCall {
  readonly answer: TokenAnswer;
  readonly call: Call;
}

export interface JoinPorts {
  readonly api: Pick<Api, "getToken">;
  readonly connect: (ticket: TokenAnswer, nickname: string) => Promise<Result<Call>>;
  /** Tickets we have not given back yet, so that a closing page can do so. */
  readonly openTickets: Set<Ticket>;
  readonly giveBack: (ticket: Ticket) => Promise<unknown>;
  /** Waits, at most until `cancelled`. */
  readonly pause: (ms: number, cancelled: AbortSignal) => Promise<void>;
  /** Called when the server asks us to wait. */
  readonly limited?: () => void;
}

const mostTokens = 3;

export async function joinCall(
  { api, connect, openTickets, giveBack, pause, limited }: JoinPorts,
  { sessionName, nickname }: Choice,
  cancelled: AbortSignal,
): Promise<Result<JoinedCall>> {
  const isCancelled = () => cancelled.aborted;
  let tokens = 0;
  for (;;) {
    const answer = await api.getToken(sessionName, nickname);
    if (!answer.ok) {
      const { retryAfter } = answer.error;
      if (retryAfter === undefined) return answer;
      limited?.();
      await pause(retryAfter * 1_000, cancelled);
      if (isCancelled()) return failed("cancelled");
      continue;
    }
    tokens += 1;
    const ticket = answer.value;
    openTickets.add(ticket);

    if (isCancelled()) {
      await giveBack(ticket);
      return failed("cancelled");
    }
    const connected = await connect(ticket, nickname);
    if (connected.ok && !isCancelled()) return ok({ answer: ticket, call: connected.value });
    if (connected.ok) connected.value.leave();
    await giveBack(ticket);
    if (connected.ok || isCancelled()) return failed("cancelled");
    if (connected.error.code === "video_unreachable") {
      const page = certificatePage(ticket.videoServer);
      return { ok: false, error: { ...connected.error, ...page } };
    }
    if (connected.error.code !== "token_dead") return connected;
    if (tokens === mostTokens) return failed("call_keeps_closing");
  }
}
