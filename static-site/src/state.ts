/**
 * Everything the page shows, as one value, and how events change it.
 *
 * The reducer is pure: no clock, no network, no page. An event that does not
 * belong to the present screen (it came late) changes nothing.
 */
import type { EndReason, Member } from "./members";
import { type CallState, type CallStateEvent, enterCall, reduceCall } from "./call-state";
import type { Identity, Role } from "./identity";
import type { Choice } from "./join";
import type { Problem } from "./result";
import {
  type Preferences,
  type Setup,
  type SetupEvent,
  reduceSetup,
  startSetup,
} from "./setup-state";

interface Base {
  /** What the join form was last filled with, or a link asked for. */
  readonly choice: Choice;
  /** One's own devices, the same on every screen. */
  readonly setup: Setup;
}

interface LoggedIn extends Base {
  readonly identity: Identity;
}

export interface LoginState extends Base {
  readonly screen: "login";
  readonly busy: boolean;
  /** Whether logging in leads back into the call that was on. */
  readonly resume: boolean;
  readonly problem: Problem | null;
}

/** Whether the servers answer that a call needs, as far as it is known before one. */
export interface Servers {
  readonly busy: boolean;
  /** What is wrong; null when nothing is known. */
  readonly problems: readonly Problem[] | null;
}

export const unknownServers: Servers = { busy: false, problems: null };

export interface LobbyState extends LoggedIn {
  readonly screen: "lobby";
  readonly servers: Servers;
  /** Whether we are just logging out. */
  readonly busy: boolean;
  readonly problem: Problem | null;
}

export interface JoiningState extends LoggedIn {
  readonly screen: "joining";
  /** Why joining takes long, once it does. */
  readonly wait: "short" | "slow" | "limited";
}

export interface InCallState extends LoggedIn {
  readonly screen: "call";
  readonly call: CallState;
}

export interface EndedState extends LoggedIn {
  readonly screen: "ended";
  readonly because: EndReason | "pageLeft";
  /** What kept us from rejoining, if that ended it. */
  readonly problem: Problem | null;
}

export type State =
  | { readonly screen: "starting" }
  | { readonly screen: "broken"; readonly problem: Problem }
  | LoginState
  | LobbyState
  | JoiningState
  | InCallState
  | EndedState;

export type AppEvent =
  | { readonly type: "broke"; readonly problem: Problem }
  | {
      readonly type: "started";
      readonly identity: Identity | null;
      readonly choice: Choice;
      readonly preferences: Preferences;
      /** Why somebody who was logged in has to log in again. */
      readonly problem: Problem | null;
    }
  | { readonly type: "loginSent" }
  | { readonly type: "loginFailed"; readonly problem: Problem }
  | { readonly type: "loggedIn"; readonly identity: Identity }
  | { readonly type: "serversAsked" }
  | { readonly type: "serversAnswered"; readonly problems: Servers["problems"] }
  | { readonly type: "logoutSent" }
  | { readonly type: "loggedOut"; readonly problem: Problem | null; readonly resume: boolean }
  | { readonly type: "joinSent"; readonly choice: Choice }
  | { readonly type: "joinSlow" }
  | { readonly type: "joinLimited" }
  | { readonly type: "joinFailed"; readonly problem: Problem }
  | { readonly type: "joinCancelled" }
  | { readonly type: "joined"; readonly role: Role; readonly members: readonly Member[] }
  | { readonly type: "left" }
  | { readonly type: "leaveFailed"; readonly problem: Problem }
  | {
      readonly type: "ended";
      readonly reason: EndedState["because"];
      readonly problem: Problem | null;
    }
  | { readonly type: "endSeen" }
  | { readonly type: "call"; readonly event: CallStateEvent }
  | { readonly type: "setup"; readonly event: SetupEvent };

export const initialState: State = { screen: "starting" };

export function reduce(state: State, event: AppEvent): State {
  if (event.type === "broke") return { screen: "broken", problem: event.problem };
  if (event.type === "setup") {
    return "setup" in state ? { ...state, setup: reduceSetup(state.setup, event.event) } : state;
  }
  switch (state.screen) {
    case "starting":
      return event.type === "started"
        ? start(
            event.identity,
            { choice: event.choice, setup: startSetup(event.preferences) },
            event.problem,
          )
        : state;
    case "broken":
      return state;
    case "login":
      return reduceLogin(state, event);
    case "lobby":
      return reduceLobby(state, event);
    case "joining":
      return reduceJoining(state, event);
    case "call":
      return reduceInCall(state, event);
    case "ended":
      return reduceEnded(state, event);
  }
}

const start = (
  identity: Identity | null,
  { choice, setup }: Base,
  problem: Problem | null,
): State =>
  identity === null
    ? toLogin({ choice, setup }, problem, false)
    : toLobby({ identity, choice, setup }, null);

function reduceLogin(state: LoginState, event: AppEvent): State {
  switch (event.type) {
    case "loginSent":
      return { ...state, busy: true, problem: null };
    case "loginFailed":
      return { ...state, busy: false, problem: event.problem };
    case "loggedIn":
      return start(event.identity, state, null);
    default:
      return state;
  }
}

function reduceLobby(state: LobbyState, event: AppEvent): State {
  switch (event.type) {
    case "joinSent":
      return joining(state, event.choice);
    case "serversAsked":
      // What is known stays until something else is.
      return { ...state, servers: { ...state.servers, busy: true } };
    case "serversAnswered":
      return { ...state, servers: { busy: false, problems: event.problems } };
    case "leaveFailed":
      return { ...state, problem: event.problem };
    case "logoutSent":
      return { ...state, busy: true, problem: null };
    case "loggedOut":
      return toLogin(state, event.problem, event.resume);
    default:
      return state;
  }
}

function reduceJoining(state: JoiningState, event: AppEvent): State {
  switch (event.type) {
    case "joinSlow":
      return state.wait === "limited" ? state : { ...state, wait: "slow" };
    case "joinLimited":
      return { ...state, wait: "limited" };
    case "joinFailed":
      return toLobby(state, event.problem);
    case "joinCancelled":
      return toLobby(state, null);
    case "joined":
      return enter(state, event.role, event.members);
    case "ended":
      return end(state, event);
    case "loggedOut":
      return toLogin(state, event.problem, event.resume);
    default:
      return state;
  }
}

function reduceInCall(state: InCallState, event: AppEvent): State {
  switch (event.type) {
    case "left":
      return toLobby(state, null);
    case "loggedOut":
      return toLogin(state, event.problem, event.resume);
    case "ended":
      return end(state, event);
    case "call":
      return {
        ...state,
        identity: identityAfter(state.identity, event.event),
        call: reduceCall(state.call, event.event),
      };
    default:
      return state;
  }
}

/** The server has the last word on what we may do. */
const identityAfter = (identity: Identity, event: CallStateEvent): Identity =>
  event.type === "rejoined" ? { ...identity, role: event.role } : identity;

function reduceEnded(state: EndedState, event: AppEvent): State {
  switch (event.type) {
    case "joinSent":
      return joining(state, event.choice);
    case "endSeen":
      return toLobby(state, null);
    default:
      return state;
  }
}

const joining = ({ identity, setup }: LoggedIn, choice: Choice): State => ({
  screen: "joining",
  wait: "short",
  identity,
  choice,
  setup,
});

const toLobby = ({ identity, choice, setup }: LoggedIn, problem: Problem | null): State => ({
  screen: "lobby",
  servers: unknownServers,
  busy: false,
  problem,
  identity,
  choice,
  setup,
});

const toLogin = ({ choice, setup }: Base, problem: Problem | null, resume: boolean): State => ({
  screen: "login",
  busy: false,
  resume,
  problem,
  choice,
  setup,
});

const end = (
  { identity, choice, setup }: LoggedIn,
  { reason, problem }: Extract<AppEvent, { type: "ended" }>,
): State => ({
  screen: "ended",
  because: reason,
  problem,
  identity,
  choice,
  setup,
});

/** The server has the last word on who we are and what we may do. */
function enter(state: JoiningState, role: Role, members: readonly Member[]): State {
  const user = members.find((member) => member.self)?.user || state.identity.user;
  return {
    screen: "call",
    call: enterCall(role, members, state.setup.preferences),
    identity: { ...state.identity, user, role },
    choice: state.choice,
    setup: state.setup,
  };
}
