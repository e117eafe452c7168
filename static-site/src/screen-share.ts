/**
 * Showing one's screen: a second connection to the same call, with a token of
 * its own, because a connection sends one picture only.
 *
 * The browser is asked for the screen first. It allows that for a moment after
 * a click, and a token may take longer.
 */
import type { Api, Ticket } from "./api";
import type { CallStateEvent } from "./call-state";
import { type Choice, type Seat, joinCall } from "./join";
import type { Call } from "./members";
import type { Result } from "./result";

export type Connect = (
  token: string,
  nickname: string,
  purpose?: { readonly screen: boolean },
) => Promise<Result<Call>>;

export interface ScreenShare {
  /** Shows a screen to everybody in `call`. */
  start(call: Call, choice: Choice): Promise<void>;
  /** Stops, and gives the seat back. */
  stop(): void;
  /** Stops because the page goes away: all seats are given back elsewhere. */
  leave(): void;
}

interface Ports {
  readonly api: Pick<Api, "getToken" | "removeUser">;
  readonly connect: Connect;
  readonly held: Set<Ticket>;
  readonly openScreen: () => Promise<MediaStream | null>;
  readonly dispatch: (event: CallStateEvent) => void;
}

export function createScreenShare({
  api,
  connect,
  held,
  openScreen,
  dispatch,
}: Ports): ScreenShare {
  let seat: Seat | null = null;
  let attempt: AbortController | null = null;

  function leave(): void {
    attempt?.abort();
    attempt = null;
    seat?.call.leave();
  }

  function stop(): void {
    leave();
    if (seat !== null) {
      held.delete(seat.answer);
      void api.removeUser(seat.answer);
      seat = null;
    }
    dispatch({ type: "screenStopped" });
  }

  /** Joins as `joinCall` does. `call` must know of the connection before it hears of it. */
  function join(call: Call, choice: Choice, media: MediaStream, cancelled: AbortSignal) {
    const ports = {
      held,
      connect: (token: string, nickname: string) => connect(token, nickname, { screen: true }),
      api: {
        removeUser: api.removeUser,
        async getToken(sessionName: string) {
          const answer = await api.getToken(sessionName);
          if (answer.ok) call.own(answer.value.connectionId, media);
          return answer;
        },
      },
    };
    return joinCall(ports, choice, cancelled);
  }

  return {
    async start(call, choice) {
      if (attempt !== null) return;
      const mine = new AbortController();
      attempt = mine;
      dispatch({ type: "screenStarting" });
      const media = await openScreen();
      if (media === null) {
        if (attempt === mine) stop();
        return;
      }
      const { signal } = mine;
      const end = () => media.getTracks().forEach((track) => track.stop());
      signal.addEventListener("abort", end);
      if (signal.aborted) end();
      const [camera = null] = media.getVideoTracks();
      // The browser's own bar stops it as well.
      camera?.addEventListener("ended", () => {
        if (attempt === mine) stop();
      });
      const joined = await join(call, choice, media, signal);
      if (attempt !== mine) return;
      if (!joined.ok) {
        stop();
        dispatch({ type: "refused", problem: screenProblem(joined.error.code) });
        return;
      }
      seat = joined.value;
      seat.call.listen((event) => {
        if (attempt === mine && (event.type === "ended" || event.type === "unpublished")) stop();
      });
      const [microphone = null] = media.getAudioTracks();
      const published = await seat.call.publish({ camera, microphone });
      // It may have been stopped meanwhile, which `signal` alone tells.
      if ((signal as { aborted: boolean }).aborted) return;
      if (published.ok) dispatch({ type: "screenStarted" });
      else {
        stop();
        dispatch({ type: "refused", problem: { code: "screen_failed" } });
      }
    },
    stop,
    leave,
  };
}

const screenProblem = (code: string) => ({
  code: code === "not_logged_in" ? "login_expired_in_call" : "screen_failed",
});
