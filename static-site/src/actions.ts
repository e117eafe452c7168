/**
 * What a person can do, carried out: each action talks to the API, the call and
 * the devices, and tells the store what came of it. No rule of the screen is
 * here (those are in `state.ts`), and no words.
 */
import type { Api, Ticket } from "./api";
import type { CallEvent } from "./members";
import type { Layout, Panel, Question } from "./call-state";
import { type Device, type DeviceOption, type Devices, closeTracks } from "./devices";
import { type Identity, mayPublish } from "./identity";
import { type Choice, type Seat, joinCall } from "./join";
import type { Problem, Result } from "./result";
import { createPreview } from "./preview";
import { type Connect, createScreenShare } from "./screen-share";
import { type DeviceKind, type Preferences, noPreferences } from "./setup-state";
import type { EndedState, Servers } from "./state";
import type { Store } from "./store";

export interface Actions {
  readonly logIn: (user: string, pass: string) => Promise<void>;
  readonly logOut: () => Promise<void>;
  /** Opens one's devices to look at before the call. */
  readonly prepare: () => Promise<void>;
  /** Finds out whether the servers answer that a call needs. */
  readonly checkServers: () => Promise<void>;
  /** Joins with a device switched on or off, or switches it before the call. */
  readonly want: (device: Device, on: boolean) => Promise<void>;
  readonly pick: (kind: DeviceKind, id: string) => Promise<void>;
  readonly microphoneSilent: (silent: boolean) => void;
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
  readonly say: (text: string) => Promise<void>;
  readonly showPanel: (panel: Panel | null) => void;
  readonly lay: (layout: Layout) => void;
  /** Shows a screen, a window or a tab to the others, or stops it. */
  readonly showScreen: (on: boolean) => Promise<void>;
  /** Asks a moderator whether they are sure; null takes it back. */
  readonly ask: (question: Question | null) => void;
  /** They are sure. */
  readonly confirm: () => Promise<void>;
  readonly closeProblem: () => void;
  readonly turnShortcuts: (on: boolean) => void;
  readonly leave: () => Promise<void>;
  /** Goes back to the join form after a call has ended. */
  readonly endSeen: () => void;
  /** The page goes away, perhaps for good: there is no time to wait for anything. */
  readonly pageLeft: () => void;
}

export interface Deps {
  readonly store: Store;
  readonly api: Api;
  readonly connect: Connect;
  readonly openScreen: () => Promise<MediaStream | null>;
  readonly checkServers: () => Promise<Servers["problems"]>;
  readonly openDevices: (preferences: Preferences) => Promise<Devices>;
  readonly listDevices: () => Promise<readonly DeviceOption[]>;
  readonly remember: (identity: Identity | null) => void;
  readonly rememberNickname: (nickname: string) => void;
  readonly rememberPreferences: (preferences: Preferences) => void;
}

/** After how many milliseconds joining counts as slow. */
export const slowAfter = 3_000;

export function createActions(deps: Deps): Actions {
  const { store, api, connect, openDevices, listDevices, remember } = deps;
  const { dispatch } = store;
  const preview = createPreview({ openDevices, listDevices, dispatch });
  const held = new Set<Ticket>();
  const screen = createScreenShare({ api, connect, held, openScreen: deps.openScreen, dispatch });
  let seat: Seat | null = null;
  let joining: AbortController | null = null;
  let checking: Promise<unknown> | null = null;
  /** Seats being given back: logging out waits for them, or they would be refused. */
  let farewells: Promise<unknown> = Promise.resolve();

  function preferences(): Preferences {
    const state = store.state();
    return "setup" in state ? state.setup.preferences : noPreferences;
  }

  function loggedOut(problem: Problem | null): void {
    remember(null);
    preview.close();
    dispatch({ type: "loggedOut", problem });
  }

  /** Leaves OpenVidu at once and tells the API, whose answer comes later. */
  function rise(): Promise<Result<null>> | null {
    if (seat === null) return null;
    const { call, answer } = seat;
    seat = null;
    screen.stop();
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
      // The others are told, and see a letter instead of a picture that stands still.
      if (event.type === "deviceLost") void call.turn(event.device, false);
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

    async prepare() {
      const state = store.state();
      if (state.screen === "lobby" && mayPublish(state.identity.role)) {
        await preview.open(preferences());
      }
    },

    async checkServers() {
      dispatch({ type: "serversAsked" });
      const mine = deps.checkServers();
      checking = mine;
      const problems = await mine;
      // Somebody may have asked again meanwhile, on another network.
      if (checking === mine) dispatch({ type: "serversAnswered", problems });
    },

    async want(device, on) {
      dispatch({ type: "deviceWanted", device, on });
      deps.rememberPreferences(preferences());
      // A microphone stays open, so that its meter still helps to find out which one works.
      if (device === "camera") await actions.prepare();
    },

    async pick(kind, id) {
      dispatch({ type: "devicePicked", kind, id });
      deps.rememberPreferences(preferences());
      if (kind === "speaker") return;
      if (seat === null) await actions.prepare();
      else await actions.share();
    },

    async join(choice) {
      const attempt = new AbortController();
      joining?.abort();
      joining = attempt;
      deps.rememberNickname(choice.nickname);
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
        else preview.close();
      } else if (joined.error.code === "not_logged_in") {
        loggedOut(joined.error);
      } else {
        // What is open stays open: the join form shows it again.
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
      const { wanted } = preferences();
      const { tracks, report } = await (preview.take() ?? openDevices(preferences()));
      if (!stillHere()) {
        closeTracks(tracks);
        return;
      }
      const nothing = tracks.camera === null && tracks.microphone === null;
      const published = nothing ? null : await call.publish(tracks, wanted);
      if (!stillHere()) return;
      if (published === null || published.ok) dispatch({ type: "sharingDone", report });
      else dispatch({ type: "sharingFailed", problem: published.error });
    },

    async turn(device, on) {
      dispatch({ type: "deviceWanted", device, on });
      const turned = await seat?.call.turn(device, on);
      // It was off from the start, so there is nothing to switch yet.
      if (turned?.ok === false && turned.error.code === "device_not_sent") await actions.share();
      else if (turned?.ok === false) dispatch({ type: "sharingFailed", problem: turned.error });
    },

    async say(text) {
      const said = await seat?.call.say(text);
      if (said?.ok === false) dispatch({ type: "refused", problem: said.error });
    },

    showPanel(panel) {
      dispatch({ type: "panelShown", panel });
      // What is plugged in may have changed since the last time.
      if (panel === "settings") {
        void listDevices().then((options) => dispatch({ type: "optionsListed", options }));
      }
    },

    async showScreen(on) {
      const state = store.state();
      if (!on) screen.stop();
      else if (seat !== null && state.screen === "call") {
        await screen.start(seat.call, state.choice);
      }
    },

    async confirm() {
      const state = store.state();
      const question = state.screen === "call" ? state.call.question : null;
      dispatch({ type: "asked", question: null });
      if (question === null || seat === null) return;
      const { what, connectionId } = question;
      const done =
        what === "stop"
          ? await seat.call.stop(connectionId)
          : await api.removeOther(seat.answer.sessionName, connectionId);
      if (!done.ok) dispatch({ type: "refused", problem: inCall(done.error) });
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
      preview.close();
      screen.leave();
      joining?.abort();
      joining = null;
      seat?.call.leave();
      seat = null;
      for (const ticket of held) void api.removeUser(ticket);
      held.clear();
      dispatch({ type: "ended", reason: "pageLeft" });
    },

    microphoneSilent: (silent) => dispatch({ type: "microphoneSilent", silent }),
    closeSharingNotice: () => dispatch({ type: "sharingNoticeClosed" }),
    choose: (connectionId) => dispatch({ type: "memberChosen", connectionId }),
    soundBlocked: () => dispatch({ type: "soundBlocked" }),
    soundStarted: () => dispatch({ type: "soundStarted" }),
    lay: (layout) => dispatch({ type: "layoutChosen", layout }),
    ask: (question) => dispatch({ type: "asked", question }),
    closeProblem: () => dispatch({ type: "refused", problem: null }),
    turnShortcuts: (on) => dispatch({ type: "shortcutsTurned", on }),
    endSeen: () => dispatch({ type: "endSeen" }),
  };
  return actions;
}

/** Answers to leaving that leave nothing to do: the server has forgotten us already. */
const harmless = new Set(["session_not_found", "token_not_found", "not_logged_in"]);

/** A call goes on although the login has expired: it is asked for when something needs it. */
const inCall = (problem: Problem): Problem =>
  problem.code === "not_logged_in" ? { code: "login_expired_in_call" } : problem;
