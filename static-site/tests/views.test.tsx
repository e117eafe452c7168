// @vitest-environment happy-dom
/** What each screen shows of its state, and which action each control starts. */
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Actions } from "../src/actions";
import { enterCall } from "../src/call-state";
import type { State } from "../src/state";
import { App } from "../src/views/App";
import { ann, choice, member, sending } from "./fixtures";

const root = document.createElement("div");
const play = vi.spyOn(HTMLMediaElement.prototype, "play");
beforeEach(() => {
  document.body.append(root);
  play.mockReset().mockResolvedValue();
});
afterEach(() => {
  void act(() => render(null, root));
});

function actions() {
  const spies = {
    logIn: vi.fn<Actions["logIn"]>(() => Promise.resolve()),
    logOut: vi.fn<Actions["logOut"]>(() => Promise.resolve()),
    join: vi.fn<Actions["join"]>(() => Promise.resolve()),
    cancelJoin: vi.fn<Actions["cancelJoin"]>(),
    share: vi.fn<Actions["share"]>(() => Promise.resolve()),
    turn: vi.fn<Actions["turn"]>(() => Promise.resolve()),
    closeSharingNotice: vi.fn<Actions["closeSharingNotice"]>(),
    choose: vi.fn<Actions["choose"]>(),
    soundBlocked: vi.fn<Actions["soundBlocked"]>(),
    soundStarted: vi.fn<Actions["soundStarted"]>(),
    leave: vi.fn<Actions["leave"]>(() => Promise.resolve()),
    endSeen: vi.fn<Actions["endSeen"]>(),
    pageLeft: vi.fn<Actions["pageLeft"]>(),
  } satisfies Actions;
  return spies;
}

function show(state: State, { demoUsers = false } = {}) {
  const spies = actions();
  void act(() => render(<App state={state} actions={spies} demoUsers={demoUsers} />, root));
  return spies;
}

const text = (selector: string) => root.querySelector(selector)?.textContent ?? null;
const texts = (selector: string) => [...root.querySelectorAll(selector)].map((e) => e.textContent);

function input(name: string): HTMLInputElement {
  const field = root.querySelector<HTMLInputElement>(`input[name="${name}"]`);
  if (field === null) throw new Error(`no field ${name}`);
  return field;
}

function press(label: string): void {
  const buttons = [...root.querySelectorAll("button")];
  const button = buttons.find((each) => each.textContent.includes(label));
  if (button === undefined) throw new Error(`no button ${label}`);
  void act(() => button.click());
}

const login: State = { screen: "login", busy: false, problem: null, choice };
const lobby: State = { screen: "lobby", busy: false, problem: null, identity: ann, choice };
const joining: State = { screen: "joining", slow: false, identity: ann, choice };

function inCall(...members: Parameters<typeof enterCall>[1]) {
  const call = enterCall("PUBLISHER", members);
  return { screen: "call", call, identity: ann, choice } satisfies State;
}

const me = member("me", { self: true, nickname: "Ann", user: "publisher1" });
const bob = member("bob", { nickname: "Bob", user: "publisher2" });

describe("the login page", () => {
  it("logs in with what was typed", () => {
    const { logIn } = show(login);
    input("user").value = " publisher1 ";
    input("pass").value = " pass ";
    press("Log in");
    expect(logIn).toHaveBeenCalledExactlyOnceWith("publisher1", " pass ");
  });

  it.each([
    ["user", "", "pass", "Type your user name."],
    ["pass", "ann", "", "Type your password."],
  ])("asks for a missing %s and goes to it", (name, user, pass, words) => {
    const { logIn } = show(login);
    input("user").value = user;
    input("pass").value = pass;
    press("Log in");
    expect(logIn).not.toHaveBeenCalled();
    expect(text(`#${name}-problem`)).toBe(words);
    expect(input(name).getAttribute("aria-describedby")).toContain(`${name}-problem`);
    expect(document.activeElement).toBe(input(name));
  });

  it("says why a login was refused, as an alert", () => {
    show({ ...login, problem: { code: "invalid_credentials" } });
    expect(text('[role="alert"]')).toBe("That user name and password do not belong together.");
  });

  it("sends nothing twice while it waits", () => {
    const { logIn } = show({ ...login, busy: true });
    input("user").value = "ann";
    input("pass").value = "pass";
    press("Logging in");
    expect(logIn).not.toHaveBeenCalled();
  });

  it("names the demo users only where the configuration says so", () => {
    show(login);
    expect(texts(".demo button")).toEqual([]);
    show(login, { demoUsers: true });
    expect(texts(".demo button")).toEqual(["publisher1", "publisher2", "subscriber", "moderator"]);
    press("subscriber");
    expect([input("user").value, input("pass").value]).toEqual(["subscriber", "pass"]);
  });
});

describe("the join form", () => {
  it("is filled with what is known, and joins with what is typed", () => {
    const { join } = show(lobby);
    expect([input("sessionName").value, input("nickname").value]).toEqual(["TUTORIAL", "Ann"]);
    input("sessionName").value = "  Sala 1 ";
    press("Join");
    expect(join).toHaveBeenCalledExactlyOnceWith({ sessionName: "Sala 1", nickname: "Ann" });
  });

  it("says what is wrong with a name, at the name", () => {
    const { join } = show(lobby);
    input("sessionName").value = "x".repeat(65);
    input("nickname").value = "";
    press("Join");
    expect(join).not.toHaveBeenCalled();
    expect(text("#sessionName-problem")).toBe("At most 64 characters, please.");
    expect(text("#nickname-problem")).toBe("Type a name.");
    expect(document.activeElement).toBe(input("sessionName"));
  });

  it.each([
    ["PUBLISHER", /ask for your camera/],
    ["MODERATOR", /ask for your camera/],
    ["SUBSCRIBER", /stay off/],
  ] as const)("tells a %s what will happen", (role, words) => {
    show({ ...lobby, identity: { ...ann, role } });
    expect(text(".aside")).toMatch(words);
  });

  it("says who is logged in, and logs out", () => {
    const { logOut } = show(lobby);
    expect(text(".whoami .names")).toBe("publisher1Publisher");
    press("Log out");
    expect(logOut).toHaveBeenCalledOnce();
  });
});

describe("joining", () => {
  it("says that it takes long once it does, and can be cancelled", () => {
    show(joining);
    expect(text('[role="status"]')).toBe("One moment");
    const { cancelJoin } = show({ ...joining, slow: true });
    expect(text('[role="status"]')).toMatch(/longer than usual/);
    press("Cancel");
    expect(cancelJoin).toHaveBeenCalledOnce();
  });
});

describe("the call", () => {
  it("shows a tile for everybody who sends, with nickname and user name", () => {
    show(inCall(me, bob, member("sue", { nickname: "Sue", user: "subscriber", sending: null })));
    expect(texts(".tile .names")).toEqual(["Ann (you)publisher1", "Bobpublisher2"]);
    expect(texts(".watching li")).toEqual(["Suesubscriber"]);
    expect(text(".call-head p")).toBe(" 3 people");
  });

  it("shows the other one large, and whom one clicks", () => {
    const state = inCall(me, bob);
    const { choose } = show(state);
    expect(text(".main-video .nickname")).toBe("Bob");
    press("Ann");
    expect(choose).toHaveBeenCalledExactlyOnceWith("me");
    show({ ...state, call: { ...state.call, chosenId: "me" } });
    expect(text(".main-video .nickname")).toBe("Ann");
    expect(root.querySelector('[aria-pressed="true"]')?.textContent).toContain("Ann");
  });

  it("mutes oneself and the main video, and nobody else", () => {
    show(inCall(me, bob));
    const muted = (selector: string) =>
      root.querySelector<HTMLVideoElement>(`${selector} video`)?.muted;
    expect(muted(".main-video")).toBe(true);
    expect(muted('[data-user="publisher1"]')).toBe(true);
    expect(muted('[data-user="publisher2"]')).toBe(false);
  });

  it("plays the media it is given", () => {
    const media = new MediaStream();
    show(inCall({ ...me, sending: null }, { ...bob, sending: { ...sending, media } }));
    const video = root.querySelector<HTMLVideoElement>('[data-user="publisher2"] video');
    expect(video?.srcObject).toBe(media);
    expect(play.mock.contexts).toContain(video);
  });

  it("shows markup in names as the text it is", () => {
    const nickname = "<img src=x onerror=alert(1)>";
    show(inCall(me, { ...bob, nickname }));
    expect(texts(".nickname")).toContain(nickname);
    expect(root.querySelector("img")).toBeNull();
  });

  it("says whose camera is off, whose microphone is off, and what cannot be fetched", () => {
    const off = { ...sending, camera: false, microphone: false };
    show(inCall({ ...bob, sending: off }));
    expect(text(".tile .avatar")).toBe("B");
    expect(text(".tile-mark")).toBe("microphone off");
    show(inCall({ ...bob, sending: { ...sending, broken: true } }));
    expect(text(".tile .picture-state")).toBe("This video could not be fetched");
  });

  it("says that one is alone, and that nobody sends", () => {
    show(inCall({ ...me, sending: null }));
    expect(text(".alone")).toMatch(/Nobody else is here/);
    expect(text(".main-video .picture-state")).toMatch(/Nobody is sending/);
  });

  it("announces who comes and who goes", () => {
    const state = inCall(me);
    const news = [
      { id: 1, kind: "joined", nickname: "Bob" },
      { id: 2, kind: "left", nickname: "Bob" },
    ] as const;
    show({ ...state, call: { ...state.call, news } });
    expect(texts('[role="log"] p')).toEqual(["Bob joined.", "Bob left."]);
  });

  it("says that the connection is lost", () => {
    const state = inCall(me);
    show({ ...state, call: { ...state.call, reconnecting: true } });
    expect(text('[role="alert"]')).toMatch(/Trying to get it back/);
  });

  it("starts all sound with one button when the browser holds it back", async () => {
    play.mockRejectedValue(new DOMException("gesture", "NotAllowedError"));
    const state = inCall(me, { ...bob, sending: { ...sending, media: new MediaStream() } });
    const { soundBlocked } = show(state);
    await vi.waitFor(() => expect(soundBlocked).toHaveBeenCalled());
    const { soundStarted } = show({ ...state, call: { ...state.call, soundBlocked: true } });
    play.mockClear();
    press("Turn on sound");
    expect(play).toHaveBeenCalledTimes(3);
    expect(soundStarted).toHaveBeenCalledOnce();
  });

  it("says what is wrong with one's devices, and tries again", () => {
    const state = inCall(me);
    const report = { camera: "in_use", microphone: null } as const;
    const sharing = { busy: false, report, problem: null, quiet: false };
    const { share, closeSharingNotice } = show({ ...state, call: { ...state.call, sharing } });
    expect(text('[role="alert"]')).toMatch(/camera is in use by another program/);
    press("Try again");
    expect(share).toHaveBeenCalledOnce();
    press("Close");
    expect(closeSharingNotice).toHaveBeenCalledOnce();
  });

  it("switches one's devices, and only those that work", () => {
    const state = inCall({ ...me, sending: { ...sending, microphone: false } });
    const sharingOf = (camera: "denied" | null) => {
      const report = { camera, microphone: null };
      const sharing = { busy: false, report, problem: null, quiet: false };
      return { ...state, call: { ...state.call, sharing } };
    };
    const { turn } = show(sharingOf(null));
    press("Stop video");
    press("Unmute");
    expect(turn.mock.calls).toEqual([
      ["camera", false],
      ["microphone", true],
    ]);
    show(sharingOf("denied"));
    expect(texts(".call-foot button")).toEqual(["Unmute", " Leave"]);
  });

  it("is left by its button", () => {
    const { leave } = show(inCall(me));
    press("Leave");
    expect(leave).toHaveBeenCalledOnce();
  });
});

describe("a call that has ended", () => {
  it.each([
    ["removed", /removed from the call/],
    ["closed", /call was closed/],
    ["network", /connection was lost/],
    ["pageLeft", /left the call/],
    ["other", /call has ended/],
  ] as const)("because of %s says so, and one click joins again", (because, title) => {
    const { join, endSeen } = show({ screen: "ended", because, identity: ann, choice });
    expect(text("h1")).toMatch(title);
    expect(document.title).toMatch(title);
    expect(document.activeElement).toBe(root.querySelector("h1"));
    press("Join again");
    expect(join).toHaveBeenCalledExactlyOnceWith(choice);
    press("Another call");
    expect(endSeen).toHaveBeenCalledOnce();
  });
});

describe("a page that cannot start", () => {
  it("says why", () => {
    show({ screen: "broken", problem: { code: "config_unreadable" } });
    expect(text('[role="alert"]')).toMatch(/not set up completely/);
  });
});
