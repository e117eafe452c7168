/** The reducer: every event in every screen, and what each screen makes of its own events. */
import { describe, expect, it } from "vitest";
import type { CallStateEvent } from "../src/call-state";
import type { SetupEvent } from "../src/setup-state";
import { type AppEvent, type State, initialState, reduce } from "../src/state";
import { ann, choice, intended, member, preferences, problem, setup } from "./fixtures";

const self = member("me", { self: true, user: "publisher1", sending: null });

const run = (events: readonly AppEvent[]): State => events.reduce(reduce, initialState);

const beginning = { type: "started", choice, preferences, problem: null } as const;
const started: AppEvent = { ...beginning, identity: null };
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
  ended: run([
    started,
    loggedIn,
    joinSent,
    joined,
    { type: "ended", reason: "removed", problem: null },
  ]),
};

const tracks = { camera: null, microphone: null };

const events: Record<AppEvent["type"], AppEvent> = {
  broke: { type: "broke", problem },
  started: { ...beginning, identity: ann },
  loginSent: { type: "loginSent" },
  loginFailed: { type: "loginFailed", problem },
  loggedIn,
  serversAsked: { type: "serversAsked" },
  serversAnswered: { type: "serversAnswered", problems: [problem] },
  logoutSent: { type: "logoutSent" },
  loggedOut: { type: "loggedOut", problem, resume: false },
  joinSent,
  joinSlow: { type: "joinSlow" },
  joinLimited: { type: "joinLimited" },
  joinFailed: { type: "joinFailed", problem },
  joinCancelled: { type: "joinCancelled" },
  joined,
  left: { type: "left" },
  leaveFailed: { type: "leaveFailed", problem },
  ended: { type: "ended", reason: "network", problem: null },
  endSeen: { type: "endSeen" },
  call: { type: "call", event: { type: "reconnected" } },
  setup: { type: "setup", event: { type: "setupOpening" } },
};

const callEvents: Record<CallStateEvent["type"], CallStateEvent> = {
  member: { type: "member", member: member("new") },
  memberLeft: { type: "memberLeft", connectionId: "me" },
  memberChosen: { type: "memberChosen", connectionId: "me" },
  reconnecting: { type: "reconnecting" },
  reconnected: { type: "reconnected" },
  unpublished: { type: "unpublished" },
  soundBlocked: { type: "soundBlocked" },
  soundStarted: { type: "soundStarted" },
  mediaIntended: { type: "mediaIntended", intended },
  devicesAsked: { type: "devicesAsked" },
  devicesReported: { type: "devicesReported", report: { camera: null, microphone: null } },
  publishFailed: { type: "publishFailed", problem },
  publishNoticeClosed: { type: "publishNoticeClosed" },
  published: { type: "published" },
  networkAwaited: { type: "networkAwaited" },
  rejoined: { type: "rejoined", role: "PUBLISHER", members: [] },
  speaking: { type: "speaking", connectionId: "me", on: true },
  said: { type: "said", connectionId: "me", text: "hi" },
  panelShown: { type: "panelShown", panel: "chat" },
  layoutChosen: { type: "layoutChosen", layout: "gallery" },
  screenStarting: { type: "screenStarting" },
  screenStarted: { type: "screenStarted" },
  screenAway: { type: "screenAway" },
  screenStopped: { type: "screenStopped" },
  asked: { type: "asked", question: null },
  refused: { type: "refused", problem },
  shortcutsTurned: { type: "shortcutsTurned", on: false },
};

const setupEvents: Record<SetupEvent["type"], SetupEvent> = {
  setupOpening: { type: "setupOpening" },
  setupOpened: { type: "setupOpened", tracks, report: { camera: null, microphone: "denied" } },
  setupClosed: { type: "setupClosed" },
  optionsListed: { type: "optionsListed", options: [] },
  deviceWanted: { type: "deviceWanted", device: "camera", on: false },
  devicePicked: { type: "devicePicked", kind: "speaker", id: "s1" },
  layoutPreferred: { type: "layoutPreferred", layout: "gallery" },
  shortcutsPreferred: { type: "shortcutsPreferred", on: false },
  microphoneSilent: { type: "microphoneSilent", silent: true },
};

const everyEvent: readonly AppEvent[] = [
  ...Object.values(events),
  ...Object.values(callEvents).map((event) => ({ type: "call", event }) as const),
  ...Object.values(setupEvents).map((event) => ({ type: "setup", event }) as const),
];

/** Where each event leads from each screen. What is not named here changes nothing. */
const leadsTo: Record<State["screen"], Partial<Record<AppEvent["type"], State["screen"]>>> = {
  starting: { broke: "broken", started: "lobby" },
  broken: { broke: "broken" },
  login: {
    setup: "login",
    broke: "broken",
    loginSent: "login",
    loginFailed: "login",
    loggedIn: "lobby",
  },
  lobby: {
    setup: "lobby",
    broke: "broken",
    joinSent: "joining",
    leaveFailed: "lobby",
    serversAsked: "lobby",
    serversAnswered: "lobby",
    logoutSent: "lobby",
    loggedOut: "login",
  },
  joining: {
    setup: "joining",
    broke: "broken",
    joinSlow: "joining",
    joinLimited: "joining",
    joinFailed: "lobby",
    joinCancelled: "lobby",
    joined: "call",
    ended: "ended",
    loggedOut: "login",
  },
  call: {
    setup: "call",
    call: "call",
    broke: "broken",
    left: "lobby",
    loggedOut: "login",
    ended: "ended",
  },
  ended: { setup: "ended", broke: "broken", joinSent: "joining", endSeen: "lobby" },
};

describe("every event in every screen", () => {
  const cases = Object.values(screens).flatMap((state) =>
    everyEvent.map((event) => ({ state, event })),
  );

  it.each(cases)("$event.type $event.event.type on $state.screen", ({ state, event }) => {
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
    expect(refused).toMatchObject({ screen: "login", busy: false, resume: false, problem });
    expect(reduce(refused, { type: "loginSent" })).toMatchObject({ busy: true, problem: null });
  });

  it("leads to the join form with the call that a link named", () => {
    expect(screens.lobby).toMatchObject({ identity: ann, choice, problem: null });
  });

  it("is skipped when the tab remembers who we are", () => {
    const state = reduce(initialState, { ...beginning, identity: ann });
    expect(state).toMatchObject({ screen: "lobby", identity: ann });
  });

  it("is asked for again, with the reason, when the login has expired on joining", () => {
    const expired = { code: "not_logged_in" } as const;
    const state = reduce(screens.joining, {
      type: "loggedOut",
      problem: expired,
      resume: false,
    });
    expect(state).toEqual({
      screen: "login",
      busy: false,
      resume: false,
      problem: expired,
      choice,
      setup,
    });
  });
});

describe("what is known of the servers", () => {
  const asked = reduce(screens.lobby, { type: "serversAsked" });
  const answered = reduce(asked, { type: "serversAnswered", problems: [problem] });

  it("is nothing at first, and stays while they are asked again", () => {
    expect(asked).toMatchObject({ servers: { busy: true, problems: null } });
    expect(answered).toMatchObject({ servers: { busy: false, problems: [problem] } });
    const again = reduce(answered, { type: "serversAsked" });
    expect(again).toMatchObject({ servers: { busy: true, problems: [problem] } });
  });

  it("holds nobody up, and is found out anew at the next join form", () => {
    const joining = reduce(answered, joinSent);
    expect(joining.screen).toBe("joining");
    const back = reduce(joining, { type: "joinCancelled" });
    expect(back).toMatchObject({ screen: "lobby", servers: { busy: false, problems: null } });
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
    expect(reduce(screens.joining, { type: "joinSlow" })).toMatchObject({ wait: "slow" });
    const limited = reduce(screens.joining, { type: "joinLimited" });
    expect(limited).toMatchObject({ wait: "limited" });
    expect(reduce(limited, { type: "joinSlow" })).toBe(limited);
    expect(reduce(screens.lobby, joinSent)).toMatchObject({ wait: "short" });
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
      return state.screen === "call" && state.call.publishing !== null;
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

describe("somebody who was logged in", () => {
  it("is told why they have to log in again", () => {
    const problem = { code: "other_login" } as const;
    const state = reduce(initialState, { ...beginning, identity: null, problem });
    expect(state).toMatchObject({ screen: "login", problem, choice });
  });
});
