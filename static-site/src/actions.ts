/**
 * What the user can do. Each action talks to the API, the call and the devices,
 * and dispatches the outcome. What the screens show is decided in `state.ts`.
 */
import type { Api, Ticket, TokenAnswer } from "./api";
import type { CallStateEvent, Panel } from "./call-state";
import type { Device, DeviceOption, Devices, OpenedDevice } from "./devices";
import { type Identity, mayPublish } from "./identity";
import { type Choice, type JoinedCall, joinCall } from "./join";
import type { CallEvent, OwnConnections } from "./members";
import { createOwnMedia } from "./own-media";
import { createPreview } from "./preview";
import type { ProblemCode } from "./problems";
import { type RejoinPorts, createLosses, rejoinCall } from "./rejoin";
import type { Problem, Result } from "./result";
import { type Connect, createScreenShare } from "./screen-share";
import { type DeviceKind, type Preferences, type SetupEvent, noPreferences } from "./setup-state";
import type { EndedState, Servers } from "./state";
import type { Store } from "./store";
import { type ViewActions, createViewActions } from "./view-actions";

export interface Actions extends ViewActions {
  readonly logIn: (user: string, pass: string) => Promise<void>;
  readonly logOut: () => Promise<void>;
  /** Opens the devices for the preview. */
  readonly prepare: () => Promise<void>;
  /** Checks whether the API and the video server answer. */
  readonly checkServers: () => Promise<void>;
  /** Chooses whether to join with a device switched on. */
  readonly want: (device: Device, on: boolean) => Promise<void>;
  readonly pick: (kind: DeviceKind, id: string) => Promise<void>;
  readonly join: (choice: Choice) => Promise<void>;
  readonly cancelJoin: () => void;
  /** Tries again to open the camera and microphone and to send them. */
  readonly publish: () => Promise<void>;
  /** Switches the camera or microphone on or off during a call. */
  readonly setDeviceEnabled: (device: Device, enabled: boolean) => Promise<void>;
  /** A device was plugged in or unplugged. */
  readonly devicesChanged: () => Promise<void>;
  readonly say: (text: string) => Promise<void>;
  readonly showPanel: (panel: Panel | null) => void;
  /** Starts or stops sharing a screen, a window or a tab. */
  readonly showScreen: (on: boolean) => Promise<void>;
  /** Does what the moderator was asked to confirm. */
  readonly confirm: () => Promise<void>;
  readonly leave: () => Promise<void>;
  /** The page is closed or left: there is no time to wait for anything. */
  readonly pageLeft: () => void;
}

export interface Deps {
  readonly store: Store;
  readonly api: Api;
  readonly connect: Connect;
  readonly openScreen: () => Promise<MediaStream | null>;
  readonly checkServers: () => Promise<Servers["problems"]>;
  readonly openDevices: (preferences: Preferences) => Promise<Devices>;
  readonly openDevice: (device: Device, preferences: Preferences) => Promise<OpenedDevice>;
  readonly listDevices: () => Promise<readonly DeviceOption[]>;
  readonly pause: RejoinPorts["pause"];
  readonly remember: (identity: Identity | null) => void;
  readonly rememberOwner: (user: string) => void;
  readonly rememberNickname: (nickname: string) => void;
  readonly rememberPreferences: (preferences: Preferences) => void;
}

/** After how many milliseconds joining counts as slow. */
export const slowAfter = 3_000;

export function createActions(deps: Deps): Actions {
  const { store, api, openDevices, listDevices, remember, checkServers, pause } = deps;
  const { dispatch } = store;
  const tellCall = (event: CallStateEvent) => dispatch({ type: "call", event });
  const tellSetup = (event: SetupEvent) => dispatch({ type: "setup", event });
  const preview = createPreview({ openDevices, listDevices, dispatch: tellSetup });
  const openTickets = new Set<Ticket>();
  const own: OwnConnections = { screens: new Map(), former: new Set() };
  const joinPorts = {
    ...{ api, openTickets, giveBack, pause, checkServers },
    connect: ({ videoServer, token }: TokenAnswer, nickname: string) =>
      deps.connect(videoServer, token, nickname, { screen: false, own }),
  };
  const screen = createScreenShare({ ...deps, openTickets, giveBack, own, dispatch: tellCall });
  const media = createOwnMedia({ ...deps, preview, preferences, dispatch: tellCall });
  let current: JoinedCall | null = null;
  let joining: AbortController | null = null;
  let rejoining: AbortController | null = null;
  let losses = createLosses();
  let checking: Promise<unknown> | null = null;
  /** Tickets being given back. Logging out waits for them: later they would be refused. */
  let pendingLeaves: Promise<unknown> = Promise.resolve();

  function preferences(): Preferences {
    const state = store.state();
    return "setup" in state ? state.setup.preferences : noPreferences;
  }

  function prefer(event: SetupEvent): void {
    tellSetup(event);
    deps.rememberPreferences(preferences());
  }

  function loggedOut(problem: Problem | null, resume = false): void {
    remember(null);
    preview.close();
    dispatch({ type: "loggedOut", problem, resume });
  }

  function giveBack(ticket: Ticket): Promise<Result<null>> {
    openTickets.delete(ticket);
    const given = api.removeUser(ticket);
    pendingLeaves = Promise.allSettled([pendingLeaves, given]);
    return given;
  }

  /** Leaves the video server at once and tells the API, whose answer comes later. */
  function leaveCall(): Promise<Result<null>> | null {
    if (current === null) return null;
    const { call, answer } = current;
    current = null;
    rejoining?.abort();
    rejoining = null;
    screen.stop();
    call.leave();
    media.end();
    own.screens.clear();
    own.former.clear();
    return giveBack(answer);
  }

  function ended(reason: EndedState["because"], problem: Problem | null = null): void {
    void leaveCall();
    dispatch({ type: "ended", reason, problem });
  }

  /** Handles the events of the call from now on. Gives its members. */
  function enterCall(taken: JoinedCall) {
    current = taken;
    const { call } = taken;
    return call.listen((event) => {
      // Ignore late events of a connection that is being replaced.
      if (current?.call === call && rejoining === null) hear(event);
    });
  }

  function hear(event: CallEvent): void {
    switch (event.type) {
      case "ended":
        return ended(event.reason);
      case "lost":
        return void rejoin(event.uncertain === true);
      case "unpublished":
        media.closeDevices();
        return tellCall(event);
      default:
        return tellCall(event);
    }
  }

  /** Replaces a lost connection to the call, and keeps everything else. */
  async function rejoin(uncertain: boolean): Promise<void> {
    const state = store.state();
    if (current === null || rejoining !== null || state.screen !== "call") return;
    const attempt = new AbortController();
    rejoining = attempt;
    const before = current.answer;
    current.call.leave();
    media.lose(uncertain);
    own.former.add(before.connectionId);
    tellCall({ type: "reconnecting" });
    const joined = await rejoinCall(joinPorts, state.choice, {
      cancelled: attempt.signal,
      losses: losses.lost(),
      waiting: () => tellCall({ type: "networkAwaited" }),
    });
    if (rejoining !== attempt) return;
    rejoining = null;
    if (!joined.ok) {
      if (needsLogin.has(joined.error.code)) {
        void leaveCall();
        loggedOut(joined.error, true);
      } else ended("network", joined.error);
      return;
    }
    losses.rejoined();
    const { call, answer } = joined.value;
    tellCall({ type: "rejoined", role: answer.role, members: enterCall(joined.value) });
    void giveBack(before);
    if (mayPublish(answer.role)) await Promise.all([media.moveTo(call), screen.moveTo(call)]);
    else {
      screen.stop();
      media.end();
    }
  }

  const actions: Actions = {
    ...createViewActions({ dispatch, tellCall, tellSetup, prefer }),

    async logIn(user, pass) {
      const state = store.state();
      dispatch({ type: "loginSent" });
      const identity = await api.logIn(user, pass);
      if (!identity.ok) {
        dispatch({ type: "loginFailed", problem: identity.error });
        return;
      }
      remember(identity.value);
      deps.rememberOwner(identity.value.user);
      dispatch({ type: "loggedIn", identity: identity.value });
      if (state.screen === "login" && state.resume) await actions.join(state.choice);
    },

    async logOut() {
      dispatch({ type: "logoutSent" });
      await pendingLeaves;
      const answer = await api.logOut();
      const isOut = answer.ok || answer.error.code === "other_login";
      loggedOut(isOut ? null : { ...answer.error, code: "logout_failed" });
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
      // A later check may be running, on another network.
      if (checking === mine) dispatch({ type: "serversAnswered", problems });
    },

    async want(device, on) {
      prefer({ type: "deviceWanted", device, on });
      // The microphone stays open: its meter helps to find the one that works.
      if (device === "camera") await actions.prepare();
    },

    async pick(kind, id) {
      prefer({ type: "devicePicked", kind, id });
      if (kind === "speaker") return;
      if (current === null) await actions.prepare();
      else await media.switchDevice(kind);
    },

    async join(choice) {
      const attempt = new AbortController();
      joining?.abort();
      joining = attempt;
      deps.rememberNickname(choice.nickname);
      dispatch({ type: "joinSent", choice });
      const limited = () => {
        if (joining === attempt) dispatch({ type: "joinLimited" });
      };
      const timer = setTimeout(() => {
        if (joining === attempt) dispatch({ type: "joinSlow" });
      }, slowAfter);
      const joined = await joinCall({ ...joinPorts, limited }, choice, attempt.signal);
      clearTimeout(timer);
      if (joining !== attempt) return;
      joining = null;
      if (joined.ok) {
        const { call, answer } = joined.value;
        losses = createLosses();
        dispatch({ type: "joined", role: answer.role, members: enterCall(joined.value) });
        const state = store.state();
        if (state.screen === "call") remember(state.identity);
        if (mayPublish(answer.role)) await media.start(call);
        else preview.close();
      } else if (needsLogin.has(joined.error.code)) {
        loggedOut(joined.error);
      } else {
        // The devices stay open: the join form shows them again.
        dispatch({ type: "joinFailed", problem: joined.error });
      }
    },

    cancelJoin() {
      joining?.abort();
      joining = null;
      dispatch({ type: "joinCancelled" });
    },

    async publish() {
      if (current !== null) await media.start(current.call);
    },

    async setDeviceEnabled(device, enabled) {
      tellSetup({ type: "deviceWanted", device, on: enabled });
      await media.setDeviceEnabled(device, enabled);
    },

    async devicesChanged() {
      const options = await listDevices();
      tellSetup({ type: "optionsListed", options });
      if (current !== null) {
        media.noteDevices(options);
        return;
      }
      const state = store.state();
      const missing = (["camera", "microphone"] as const).filter(
        (device) => state.screen === "lobby" && state.setup.report?.[device] === "missing",
      );
      // Devices that work are not opened again.
      if (options.some(({ kind }) => missing.some((device) => device === kind))) {
        await actions.prepare();
      }
    },

    async say(text) {
      const said = await current?.call.say(text);
      if (said?.ok === false) tellCall({ type: "refused", problem: said.error });
    },

    showPanel(panel) {
      tellCall({ type: "panelShown", panel });
      // Devices may have been plugged in since the last time.
      if (panel === "settings") {
        void listDevices().then((options) => tellSetup({ type: "optionsListed", options }));
      }
    },

    async showScreen(on) {
      const state = store.state();
      if (!on) screen.stop();
      else if (current !== null && state.screen === "call") {
        await screen.start(state.choice, () => current?.call ?? null);
      }
    },

    async confirm() {
      const state = store.state();
      const question = state.screen === "call" ? state.call.question : null;
      tellCall({ type: "asked", question: null });
      if (question === null || current === null) return;
      const { what, connectionId } = question;
      const done =
        what === "stop"
          ? await current.call.stop(connectionId)
          : await api.removeOther(current.answer.sessionName, connectionId);
      if (!done.ok) tellCall({ type: "refused", problem: inCall(done.error) });
    },

    async leave() {
      const left = leaveCall();
      dispatch({ type: "left" });
      const answer = await left;
      if (answer !== null && !answer.ok && !harmless.has(answer.error.code)) {
        dispatch({ type: "leaveFailed", problem: { ...answer.error, code: "leave_failed" } });
      }
    },

    pageLeft() {
      preview.close();
      screen.leave();
      joining?.abort();
      joining = null;
      rejoining?.abort();
      rejoining = null;
      current?.call.leave();
      current = null;
      media.end();
      for (const ticket of openTickets) void api.removeUser(ticket);
      openTickets.clear();
      dispatch({ type: "ended", reason: "pageLeft", problem: null });
    },
  };
  return actions;
}

/** Refusals that need no notice: the server has forgotten us already. */
const harmless = new Set<ProblemCode>(["token_not_found", "not_logged_in"]);

/** Refusals that only a new login helps against. */
const needsLogin = new Set<ProblemCode>(["not_logged_in", "other_login"]);

/** A call goes on although the login has expired. Only what needs a login fails. */
const inCall = (problem: Problem): Problem =>
  problem.code === "not_logged_in" ? { code: "login_expired_in_call" } : problem;
