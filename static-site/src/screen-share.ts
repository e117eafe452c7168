/**
 * Showing one's screen.
 *
 * At OpenVidu a connection sends one picture only, so a screen has a second
 * connection to the same call, with a token of its own. At LiveKit it is sent over
 * the connection that the call is made over, and moves with it.
 *
 * The browser is asked for the screen first. It allows that for a moment after
 * a click, and a token may take longer.
 */
import type { CallStateEvent } from "./call-state";
import { type Choice, type JoinedCall, joinCall } from "./join";
import type { Call, OwnConnections, Purpose, ScreenSender } from "./members";
import { type RejoinPorts, createLosses, rejoinCall } from "./rejoin";
import type { ProblemCode } from "./problems";
import type { Result } from "./result";
import { mostUncertain } from "./own-media";
import type { VideoServer } from "./video-server";

export type Connect = (
  server: VideoServer,
  token: string,
  nickname: string,
  purpose: Purpose,
) => Promise<Result<Call>>;

export interface ScreenShare {
  /** Shows a screen to everybody. `call` tells over which connection the call is made by then. */
  start(choice: Choice, call: () => Call | null): Promise<void>;
  /** Goes on in `call`, which has taken the place of a lost connection. */
  moveTo(call: Call): Promise<void>;
  /** Stops, and gives the ticket back. */
  stop(): void;
  /** Stops because the page is closed. `actions.ts` gives all tickets back then. */
  leave(): void;
}

interface Ports extends Omit<RejoinPorts, "connect"> {
  readonly connect: Connect;
  readonly openScreen: () => Promise<MediaStream | null>;
  /** Tells the call which connections are ours. */
  readonly own: OwnConnections;
  readonly dispatch: (event: CallStateEvent) => void;
}

export function createScreenShare(ports: Ports): ScreenShare {
  const { giveBack, openScreen, own, dispatch } = ports;
  /** The screen's own connection, if it has one. */
  let current: JoinedCall | null = null;
  /** What is sent over the call's connection, and by what. */
  let carried: { readonly media: MediaStream; readonly sender: ScreenSender } | null = null;
  let attempt: AbortController | null = null;
  let losses = createLosses();
  /** How many connections in a row were lost without a certain outcome. */
  let uncertain = 0;

  function leave(): void {
    attempt?.abort();
    attempt = null;
    current?.call.leave();
    carried?.sender.hide();
    carried = null;
  }

  function giveSeatBack(): void {
    if (current === null) return;
    const { answer } = current;
    current = null;
    own.former.add(answer.connectionId);
    void giveBack(answer);
  }

  function stop(): void {
    leave();
    giveSeatBack();
    dispatch({ type: "screenStopped" });
  }

  function fail(code: ProblemCode): void {
    stop();
    dispatch({ type: "refused", problem: { code } });
  }

  /** Sends `media` over a new connection. */
  async function show(
    taken: JoinedCall,
    media: MediaStream,
    choice: Choice,
    mine: AbortController,
  ) {
    current = taken;
    const { call } = taken;
    let shown = false;
    call.listen((event) => {
      if (attempt !== mine || current?.call !== call) return;
      switch (event.type) {
        case "reconnecting":
          dispatch({ type: "screenAway" });
          return;
        case "reconnected":
          dispatch({ type: shown ? "screenStarted" : "screenStarting" });
          return;
        case "ended":
        case "unpublished":
          stop();
          return;
        case "lost":
          if (event.uncertain === true) uncertain += 1;
          void comeBack(media, choice, mine);
          return;
        default:
      }
    });
    const [camera = null] = media.getVideoTracks();
    const [microphone = null] = media.getAudioTracks();
    const published = await call.publish({ camera, microphone, muted: false });
    // Meanwhile it may have been stopped, or the connection lost.
    if (attempt !== mine || current !== taken) return;
    if (!published.ok) {
      fail("screen_failed");
      return;
    }
    shown = true;
    uncertain = 0;
    dispatch({ type: "screenStarted" });
  }

  /** Sends `media` over the call's own connection. */
  async function carry(media: MediaStream, sender: ScreenSender): Promise<void> {
    const mine = { media, sender };
    carried = mine;
    const shown = await sender.show(media);
    if (carried !== mine) return;
    // Whoever replaces a lost connection moves the screen as well.
    if (shown.ok) dispatch({ type: "screenStarted" });
    else if (shown.error.code !== "call_left") fail("screen_failed");
  }

  async function comeBack(media: MediaStream, choice: Choice, mine: AbortController) {
    current?.call.leave();
    giveSeatBack();
    if (uncertain === mostUncertain) {
      fail("screen_failed");
      return;
    }
    dispatch({ type: "screenAway" });
    const joined = await rejoinCall(portsFor(media), choice, {
      cancelled: mine.signal,
      losses: losses.lost(),
      waiting: () => undefined,
    });
    if (attempt !== mine) return;
    if (!joined.ok) {
      fail(screenProblem(joined.error.code));
      return;
    }
    losses.rejoined();
    await show(joined.value, media, choice, mine);
  }

  /** The call must know of the connection before it hears of it. */
  const portsFor = (media: MediaStream): RejoinPorts => ({
    ...ports,
    connect({ videoServer, token, connectionId }, nickname) {
      own.screens.set(connectionId, media);
      return ports.connect(videoServer, token, nickname, { screen: true, own });
    },
  });

  return {
    async start(choice, call) {
      if (attempt !== null) return;
      const mine = new AbortController();
      attempt = mine;
      losses = createLosses();
      uncertain = 0;
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
      const sender = call()?.screen ?? null;
      if (sender !== null) return carry(media, sender);
      const joined = await joinCall(portsFor(media), choice, signal);
      if (attempt !== mine) return;
      if (joined.ok) await show(joined.value, media, choice, mine);
      else fail(screenProblem(joined.error.code));
    },

    async moveTo(call) {
      if (carried === null || call.screen === null) return;
      dispatch({ type: "screenAway" });
      await carry(carried.media, call.screen);
    },

    stop,
    leave,
  };
}

function screenProblem(code: ProblemCode): ProblemCode {
  switch (code) {
    case "not_logged_in":
      return "login_expired_in_call";
    case "other_login":
      return code;
    default:
      return "screen_failed";
  }
}
