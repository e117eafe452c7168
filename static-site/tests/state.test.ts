/** The reducer: every event in every screen, and what each screen makes of its own events. */
import { describe, expect, it } from "vitest";
import { type AppEvent, type State, initialState, reduce } from "../src/state";
import { ann, choice, member, problem } from "./fixtures";

const self = member("me", { self: true, user: "publisher1", sending: null });

const run = (events: readonly AppEvent[]): State => events.reduce(reduce, initialState);

const started: AppEvent = { type: "started", identity: null, choice };
const loggedIn: AppEvent = { type: "loggedIn", identity: ann };
const joinSent: AppEvent = { type: "joinSent", choice };
const joined: AppEvent = { type: "joined", role: "PUBLISHER", members: [self] };

const screens: Record<State["screen"], State> = {
  starting: initialState,
  broken: run([{ type: "broke", problem }]),
  login: run([started]),
  lobby: run([started, loggedIn]),
  joining: run([started, loggedIn, joinSent]),
  call: run([started, loggedIn, joinSent, joined]),
  ended: run([started, loggedIn, joinSent, joined, { type: "ended", reason: "removed" }]),
};

const events: Record<AppEvent["type"], AppEvent> = {
  broke: { type: "broke", problem },
  started: { type: "started", identity: ann, choice },
  loginSent: { type: "loginSent" },
  loginFailed: { type: "loginFailed", problem },
  loggedIn,
  logoutSent: { type: "logoutSent" },
  loggedOut: { type: "loggedOut", problem },
  joinSent,
  joinSlow: { type: "joinSlow" },
  joinFailed: { type: "joinFailed", problem },
  joinCancelled: { type: "joinCancelled" },
  joined,
  left: { type: "left" },
  leaveFailed: { type: "leaveFailed", problem },
  ended: { type: "ended", reason: "network" },
  endSeen: { type: "endSeen" },
  member: { type: "member", member: member("new") },
  memberLeft: { type: "memberLeft", connectionId: "me" },
  memberChosen: { type: "memberChosen", connectionId: "me" },
  reconnecting: { type: "reconnecting" },
  reconnected: { type: "reconnected" },
  unpublished: { type: "unpublished" },
  soundBlocked: { type: "soundBlocked" },
  soundStarted: { type: "soundStarted" },
  sharingStarted: { type: "sharingStarted" },
  sharingDone: { type: "sharingDone", report: { camera: null, microphone: null } },
  sharingFailed: { type: "sharingFailed", problem },
  sharingNoticeClosed: { type: "sharingNoticeClosed" },
};

const inCall: Partial<Record<AppEvent["type"], State["screen"]>> = Object.fromEntries(
  [
    "member",
    "memberLeft",
    "memberChosen",
    "reconnecting",
    "reconnected",
    "unpublished",
    "soundBlocked",
    "soundStarted",
    "sharingStarted",
    "sharingDone",
    "sharingFailed",
    "sharingNoticeClosed",
  ].map((type) => [type, "call"]),
);

/** Where each event leads from each screen. What is not named here changes nothing. */
const leadsTo: Record<State["screen"], Partial<Record<AppEvent["type"], State["screen"]>>> = {
  starting: { broke: "broken", started: "lobby" },
  broken: { broke: "broken" },
  login: { broke: "broken", loginSent: "login", loginFailed: "login", loggedIn: "lobby" },
  lobby: {
    broke: "broken",
    joinSent: "joining",
    leaveFailed: "lobby",
    logoutSent: "lobby",
    loggedOut: "login",
  },
  joining: {
    broke: "broken",
    joinSlow: "joining",
    joinFailed: "lobby",
    joinCancelled: "lobby",
    joined: "call",
    ended: "ended",
    loggedOut: "login",
  },
  call: { broke: "broken", left: "lobby", ended: "ended", ...inCall },
  ended: { broke: "broken", joinSent: "joining", endSeen: "lobby" },
};

describe("every event in every screen", () => {
  const cases = Object.values(screens).flatMap((state) =>
    Object.values(events).map((event) => ({ state, event })),
  );

  it.each(cases)("$event.type on $state.screen", ({ state, event }) => {
    const next = reduce(state, event);
    const expected = leadsTo[state.screen][event.type];
    if (expected === undefined) expect(next).toBe(state);
    else expect(next.screen).toBe(expected);
  });
});

describe("logging in", () => {
  it("is busy while the server thinks, and says what went wrong", () => {
    const busy = reduce(screens.login, { type: "loginSent" });
    expect(busy).toMatchObject({ busy: true, problem: null });
    const refused = reduce(busy, { type: "loginFailed", problem });
    expect(refused).toMatchObject({ screen: "login", busy: false, problem });
    expect(reduce(refused, { type: "loginSent" })).toMatchObject({ busy: true, problem: null });
  });

  it("leads to the join form with the call that a link named", () => {
    expect(screens.lobby).toMatchObject({ identity: ann, choice, problem: null });
  });

  it("is skipped when the tab remembers who we are", () => {
    const state = reduce(initialState, { type: "started", identity: ann, choice });
    expect(state).toMatchObject({ screen: "lobby", identity: ann });
  });

  it("is asked for again, with the reason, when the login has expired on joining", () => {
    const expired = { code: "not_logged_in" };
    const state = reduce(screens.joining, { type: "loggedOut", problem: expired });
    expect(state).toEqual({ screen: "login", busy: false, problem: expired, choice });
  });
});

describe("joining", () => {
  it("remembers what was typed when it fails", () => {
    const typed = { sessionName: "Other", nickname: "Annie" };
    const joining = reduce(screens.lobby, { type: "joinSent", choice: typed });
    const state = reduce(joining, { type: "joinFailed", problem });
    expect(state).toMatchObject({ screen: "lobby", choice: typed, problem });
  });

  it("says so when it is slow, and forgets that for the next time", () => {
    expect(reduce(screens.joining, { type: "joinSlow" })).toMatchObject({ slow: true });
    expect(reduce(screens.lobby, joinSent)).toMatchObject({ slow: false });
  });

  it("takes role and user name from the server, not from the login of this tab", () => {
    const other = member("me", { self: true, user: "subscriber", sending: null });
    const state = reduce(screens.joining, {
      type: "joined",
      role: "SUBSCRIBER",
      members: [other],
    });
    expect(state).toMatchObject({ identity: { user: "subscriber", role: "SUBSCRIBER" } });
  });

  it("sends nothing for a subscriber, and something for every other role", () => {
    const sharingOf = (role: "SUBSCRIBER" | "PUBLISHER" | "MODERATOR") => {
      const state = reduce(screens.joining, { type: "joined", role, members: [self] });
      return state.screen === "call" && state.call.sharing !== null;
    };
    expect([sharingOf("SUBSCRIBER"), sharingOf("PUBLISHER"), sharingOf("MODERATOR")]).toEqual([
      false,
      true,
      true,
    ]);
  });
});

describe("the end of a call", () => {
  it("keeps call and nickname, so that one click joins again", () => {
    expect(screens.ended).toMatchObject({ because: "removed", choice, identity: ann });
    expect(reduce(screens.ended, joinSent)).toMatchObject({ screen: "joining", choice });
  });

  it("is told apart from leaving by a click", () => {
    expect(reduce(screens.call, { type: "left" })).toMatchObject({ screen: "lobby", choice });
  });
});
