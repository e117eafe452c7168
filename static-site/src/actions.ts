/**
 * What a person can do, carried out: each action talks to the API, the call and
 * the devices, and tells the store what came of it. No rule of the screen is
 * here (those are in `state.ts`), and no words.
 */
import type { Api, Ticket } from "./api";
import type { Call, CallEvent } from "./call";
import { type Device, type Devices, closeTracks } from "./devices";
import { type Identity, mayPublish } from "./identity";
import { type Choice, type Seat, joinCall } from "./join";
import type { Problem, Result } from "./result";
import type { EndedState } from "./state";
import type { Store } from "./store";

export interface Actions {
  readonly logIn: (user: string, pass: string) => Promise<void>;
  readonly logOut: () => Promise<void>;
  readonly join: (choice: Choice) => Promise<void>;
  readonly cancelJoin: () => void;
  /** Sends camera and microphone, or tries to again. */
  readonly share: () => Promise<void>;
  /** Switches one's own camera or microphone on or off. */
  readonly turn: (device: Device, on: boolean) => Promise<void>;
  readonly closeSharingNotice: () => void;
  readonly choose: (connectionId: string) => void;
  readonly soundBlocked: () => void;
  readonly soundStarted: () => void;
  readonly leave: () => Promise<void>;
  /** Goes back to the join form after a call has ended. */
  readonly endSeen: () => void;
  /** The page goes away, perhaps for good: there is no time to wait for anything. */
  readonly pageLeft: () => void;
}

export interface Deps {
  readonly store: Store;
  readonly api: Api;
  readonly connect: (token: string, nickname: string) => Promise<Result<Call>>;
  readonly openDevices: () => Promise<Devices>;
  readonly remember: (identity: Identity | null) => void;
  readonly rememberNickname: (nickname: string) => void;
}

/** After how many milliseconds joining counts as slow. */
export const slowAfter = 3_000;

export function createActions(deps: Deps): Actions {
  const { store, api, connect, openDevices, remember, rememberNickname } = deps;
  const { dispatch } = store;
  const held = new Set<Ticket>();
  let seat: Seat | null = null;
  let joining: AbortController | null = null;
  /** Seats being given back: logging out waits for them, or they would be refused. */
  let farewells: Promise<unknown> = Promise.resolve();

  function loggedOut(problem: Problem | null): void {
    remember(null);
    dispatch({ type: "loggedOut", problem });
  }

  /** Leaves OpenVidu at once and tells the API, whose answer comes later. */
  function rise(): Promise<Result<null>> | null {
    if (seat === null) return null;
    const { call, answer } = seat;
    seat = null;
    call.leave();
    held.delete(answer);
    const farewell = api.removeUser(answer);
    farewells = Promise.allSettled([farewells, farewell]);
    return farewell;
  }

  function ended(reason: EndedState["because"]): void {
    void rise();
    dispatch({ type: "ended", reason });
  }

  function sit(taken: Seat): void {
    seat = taken;
    const { call, answer } = taken;
    const members = call.listen((event: CallEvent) => {
      if (seat?.call !== call) return;
      if (event.type === "ended") ended(event.reason);
      else dispatch(event);
    });
    dispatch({ type: "joined", role: answer.role, members });
    const state = store.state();
    if (state.screen === "call") remember(state.identity);
  }

  const actions: Actions = {
    async logIn(user, pass) {
      dispatch({ type: "loginSent" });
      const identity = await api.logIn(user, pass);
      if (!identity.ok) {
        dispatch({ type: "loginFailed", problem: identity.error });
        return;
      }
      remember(identity.value);
      dispatch({ type: "loggedIn", identity: identity.value });
    },

    async logOut() {
      dispatch({ type: "logoutSent" });
      await farewells;
      const answer = await api.logOut();
      loggedOut(answer.ok ? null : { ...answer.error, code: "logout_failed" });
    },

    async join(choice) {
      const attempt = new AbortController();
      joining?.abort();
      joining = attempt;
      rememberNickname(choice.nickname);
      dispatch({ type: "joinSent", choice });
      const timer = setTimeout(() => {
        if (joining === attempt) dispatch({ type: "joinSlow" });
      }, slowAfter);
      const joined = await joinCall({ api, connect, held }, choice, attempt.signal);
      clearTimeout(timer);
      if (joining !== attempt) return;
      joining = null;
      if (joined.ok) {
        sit(joined.value);
        if (mayPublish(joined.value.answer.role)) await actions.share();
      } else if (joined.error.code === "not_logged_in") {
        loggedOut(joined.error);
      } else {
        dispatch({ type: "joinFailed", problem: joined.error });
      }
    },

    cancelJoin() {
      joining?.abort();
      joining = null;
      dispatch({ type: "joinCancelled" });
    },

    async share() {
      const call = seat?.call;
      if (call === undefined) return;
      // They may leave while the browser asks them for the camera.
      const stillHere = () => seat?.call === call;
      dispatch({ type: "sharingStarted" });
      const { tracks, report } = await openDevices();
      if (!stillHere()) {
        closeTracks(tracks);
        return;
      }
      const nothing = tracks.camera === null && tracks.microphone === null;
      const published = nothing ? null : await call.publish(tracks);
      if (!stillHere()) return;
      if (published === null || published.ok) dispatch({ type: "sharingDone", report });
      else dispatch({ type: "sharingFailed", problem: published.error });
    },

    async turn(device, on) {
      const turned = await seat?.call.turn(device, on);
      if (turned?.ok === false) dispatch({ type: "sharingFailed", problem: turned.error });
    },

    async leave() {
      const farewell = rise();
      dispatch({ type: "left" });
      const answer = await farewell;
      if (answer !== null && !answer.ok && !harmless.has(answer.error.code)) {
        dispatch({ type: "leaveFailed", problem: { ...answer.error, code: "leave_failed" } });
      }
    },

    pageLeft() {
      joining?.abort();
      joining = null;
      seat?.call.leave();
      seat = null;
      for (const ticket of held) void api.removeUser(ticket);
      held.clear();
      dispatch({ type: "ended", reason: "pageLeft" });
    },

    closeSharingNotice: () => dispatch({ type: "sharingNoticeClosed" }),
    choose: (connectionId) => dispatch({ type: "memberChosen", connectionId }),
    soundBlocked: () => dispatch({ type: "soundBlocked" }),
    soundStarted: () => dispatch({ type: "soundStarted" }),
    endSeen: () => dispatch({ type: "endSeen" }),
  };
  return actions;
}

/** Answers to leaving that leave nothing to do: the server has forgotten us already. */
const harmless = new Set(["session_not_found", "token_not_found", "not_logged_in"]);
