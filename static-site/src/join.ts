/**
 * Joining a call, as a rule:
 *
 * 1. Ask the API for a token; connect with it.
 * 2. A token may be dead on arrival, because the call's last participant left
 *    in between. Then give it back, ask for another and connect again, at most
 *    twice.
 * 3. The server may limit how often somebody joins. Then wait for as long as it
 *    says, and ask again.
 * 4. Whatever else goes wrong, or when joining is cancelled, the token is given
 *    back as well: nobody is left in the call's records who is not in the call.
 */
import type { Api, Ticket, TokenAnswer } from "./api";
import type { Call } from "./members";
import { certificatePage } from "./certificate";
import { type Result, failed, ok } from "./result";

export interface Choice {
  readonly sessionName: string;
  readonly nickname: string;
}

export interface Seat {
  readonly answer: TokenAnswer;
  readonly call: Call;
}

export interface JoinPorts {
  readonly api: Pick<Api, "getToken">;
  readonly connect: (ticket: TokenAnswer, nickname: string) => Promise<Result<Call>>;
  /** Tickets we have not given back yet, so that a closing page can do so. */
  readonly openTickets: Set<Ticket>;
  readonly giveBack: (ticket: Ticket) => Promise<unknown>;
  /** Waits, but not beyond `cancelled`. */
  readonly pause: (ms: number, cancelled: AbortSignal) => Promise<void>;
  /** Called when there is a limit to wait for. */
  readonly limited?: () => void;
}

const mostTokens = 3;

export async function joinCall(
  { api, connect, openTickets, giveBack, pause, limited }: JoinPorts,
  { sessionName, nickname }: Choice,
  cancelled: AbortSignal,
): Promise<Result<Seat>> {
  const isCancelled = () => cancelled.aborted;
  let tokens = 0;
  for (;;) {
    const answer = await api.getToken(sessionName);
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
      return { ok: false, error: { ...connected.error, ...certificatePage(ticket.token) } };
    }
    if (connected.error.code !== "token_dead") return connected;
    if (tokens === mostTokens) return failed("call_keeps_closing");
  }
}
