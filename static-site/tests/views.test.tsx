// @vitest-environment happy-dom
/** What each screen shows of its state, and which action each control starts. */
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { enterCall } from "../src/call-state";
import { type State, unknownServers } from "../src/state";
import { App } from "../src/views/App";
import { ann, choice, member, sending, setup, spyActions } from "./fixtures";

const root = document.createElement("div");
const play = vi.spyOn(HTMLMediaElement.prototype, "play");
beforeEach(() => {
  document.body.append(root);
  play.mockReset().mockResolvedValue();
});
afterEach(() => {
  void act(() => render(null, root));
});

function show(state: State, { demoUsers = false } = {}) {
  const spies = spyActions();
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

const labelOf = (button: HTMLButtonElement) =>
  button.getAttribute("aria-label") ?? button.textContent;

function press(label: string): void {
  const buttons = [...root.querySelectorAll("button")];
  const button = buttons.find((each) => labelOf(each).includes(label));
  if (button === undefined) throw new Error(`no button ${label}`);
  void act(() => button.click());
}

const login: State = { screen: "login", busy: false, problem: null, choice, setup };
const lobby = {
  screen: "lobby",
  busy: false,
  problem: null,
  servers: unknownServers,
  identity: ann,
  choice,
  setup,
} satisfies State;
const joining: State = { screen: "joining", wait: "short", identity: ann, choice, setup };

function inCall(...members: Parameters<typeof enterCall>[1]) {
  const call = enterCall("PUBLISHER", members);
  return { screen: "call", call, identity: ann, choice, setup } satisfies State;
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
    ["PUBLISHER", /as you see it here/],
    ["MODERATOR", /as you see it here/],
    ["SUBSCRIBER", /stay off/],
  ] as const)("tells a %s what will happen", (role, words) => {
    show({ ...lobby, identity: { ...ann, role } });
    expect(text(".aside")).toMatch(words);
  });

  it("opens the devices of those who send, and of nobody else", () => {
    const { prepare } = show(lobby);
    expect(prepare).toHaveBeenCalledOnce();
    void act(() => render(null, root));
    const subscriber = show({ ...lobby, identity: { ...ann, role: "SUBSCRIBER" } });
    expect(subscriber.prepare).not.toHaveBeenCalled();
    expect(root.querySelector(".setup")).toBeNull();
  });

  it("lets devices be picked and switched before the call", () => {
    const options = [
      { kind: "camera", id: "c1", label: "Front" },
      { kind: "camera", id: "c2", label: "" },
      { kind: "microphone", id: "m1", label: "Headset" },
    ] as const;
    const preferences = { ...setup.preferences, camera: "c2" };
    const { pick, want } = show({ ...lobby, setup: { ...setup, options, preferences } });
    const list = root.querySelector<HTMLSelectElement>("#pick-camera");
    if (list === null) throw new Error("no list of cameras");
    expect([...list.options].map((option) => option.text)).toEqual(["Front", "Camera 2"]);
    expect(list.value).toBe("c2");
    list.value = "c1";
    list.dispatchEvent(new Event("change", { bubbles: true }));
    expect(pick).toHaveBeenCalledExactlyOnceWith("camera", "c1");
    press("Stop video");
    expect(want).toHaveBeenCalledExactlyOnceWith("camera", false);
  });

  it.each([
    ["missing", /No camera was found/],
    ["denied", /does not let this page use your camera.*try again/],
    ["in_use", /in use by another program/],
    ["insecure", /loaded over https/],
    ["failed", /could not be started/],
  ] as const)("says of a camera that is %s what is wrong, and tries again", (camera, said) => {
    const { prepare } = show({
      ...lobby,
      setup: { ...setup, report: { camera, microphone: null } },
    });
    expect(text('[role="alert"]')).toMatch(said);
    prepare.mockClear();
    press("Try again");
    expect(prepare).toHaveBeenCalledOnce();
  });

  it("says that nothing comes from the microphone, unless it is meant to be off", () => {
    const silent = { ...setup, silent: true, report: { camera: null, microphone: null } };
    show({ ...lobby, setup: silent });
    expect(text('[role="alert"]')).toMatch(/Nothing comes from your microphone/);
    const wanted = { camera: true, microphone: false };
    show({ ...lobby, setup: { ...silent, preferences: { ...setup.preferences, wanted } } });
    expect(text('.setup [role="status"]')).toBe(" Your devices are ready.");
  });

  it("leads to the video server's own page when the browser may not trust it", () => {
    const link = "https://video.example/openvidu/api/config/openvidu-publicurl";
    show({ ...lobby, problem: { code: "video_unreachable", link } });
    const anchor = root.querySelector<HTMLAnchorElement>('[role="alert"] a');
    expect(anchor?.href).toBe(link);
    expect(anchor?.rel).toBe("noopener noreferrer");
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
    const { cancelJoin } = show({ ...joining, wait: "slow" });
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

  it("shows a tile for who may send and does not, or not yet", () => {
    const off = { media: null, camera: false, microphone: false, broken: false };
    show(
      inCall(
        me,
        { ...bob, role: "PUBLISHER", sending: null },
        member("cleo", { nickname: "Cleo", user: "moderator", sending: off }),
      ),
    );
    expect(texts(".tile .nickname")).toEqual(["Ann", "Bob", "Cleo"]);
    expect(texts(".tile .picture-state")).toEqual(["Video is on its way"]);
    expect(texts(".watching li")).toEqual([]);
  });

  it("offers the switches for as long as one may send", () => {
    show(inCall({ ...me, sending: null }));
    expect(texts(".call-foot .switch")).toEqual(["Unmute", "Start video"]);
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
    show({ ...state, call: { ...state.call, connection: "reconnecting" } });
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
    const publishing = { busy: false, report, problem: null, quiet: false };
    const { publish, closePublishNotice } = show({ ...state, call: { ...state.call, publishing } });
    expect(text('[role="alert"]')).toMatch(/camera is in use by another program/);
    press("Try again");
    expect(publish).toHaveBeenCalledOnce();
    press("Close");
    expect(closePublishNotice).toHaveBeenCalledOnce();
  });

  it("switches one's devices, those that do not work too: there is a remedy", () => {
    const state = inCall({ ...me, sending: { ...sending, microphone: false } });
    const sharingOf = (camera: "denied" | null) => {
      const report = { camera, microphone: null };
      const publishing = { busy: false, report, problem: null, quiet: false };
      return { ...state, call: { ...state.call, publishing } };
    };
    const { setDeviceEnabled } = show(sharingOf(null));
    press("Stop video");
    press("Unmute");
    expect(setDeviceEnabled.mock.calls).toEqual([
      ["camera", false],
      ["microphone", true],
    ]);
    show(sharingOf("denied"));
    expect(texts(".call-foot .switch")).toEqual(["Unmute", "Stop video"]);
  });

  it("sends what is typed into the chat, by its button and by Enter", () => {
    const state = inCall(me, bob);
    const { say } = show({ ...state, call: { ...state.call, panel: "chat" } });
    const field = root.querySelector("textarea");
    if (field === null) throw new Error("no field for messages");
    press("Send");
    expect(say).not.toHaveBeenCalled();
    field.value = " hello ";
    press("Send");
    field.value = "again";
    const enter = { key: "Enter", bubbles: true, cancelable: true };
    field.dispatchEvent(new KeyboardEvent("keydown", { ...enter, shiftKey: true }));
    field.dispatchEvent(new KeyboardEvent("keydown", enter));
    expect(say.mock.calls).toEqual([["hello"], ["again"]]);
    expect(field.value).toBe("");
  });

  it("shows messages as text, with links that tell the other site nothing", () => {
    const state = inCall(me, bob);
    const written = "<img src=x onerror=alert(1)> see https://example.org/a?b=c.";
    const messages = [{ id: 1, nickname: "Bob", self: false, text: written }];
    const chat = { messages, unread: 0 };
    show({ ...state, call: { ...state.call, panel: "chat", chat } });
    expect(text(".message p")).toBe(written);
    expect(root.querySelector("img")).toBeNull();
    const anchor = root.querySelector<HTMLAnchorElement>(".message a");
    expect(anchor?.getAttribute("href")).toBe("https://example.org/a?b=c");
    expect(anchor?.rel).toContain("noreferrer");
  });

  it("counts what has not been read, in words as well", () => {
    const state = inCall(me);
    show({ ...state, call: { ...state.call, chat: { messages: [], unread: 2 } } });
    expect(text(".badge")).toBe("22 unread messages");
  });

  it("takes the focus into a panel that opens, and back when Escape has closed it", () => {
    const state = inCall(me, bob);
    show(state);
    const people = [...root.querySelectorAll("button")].find(({ textContent }) =>
      textContent.includes("People"),
    );
    people?.focus();
    const { showPanel } = show({ ...state, call: { ...state.call, panel: "people" } });
    const title = root.querySelector("#panel-title");
    expect(document.activeElement).toBe(title);
    title?.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    expect(showPanel).toHaveBeenCalledExactlyOnceWith(null);
    show(state);
    expect(document.activeElement).toBe(people);
  });

  it("lists the people with their roles and what they send", () => {
    const sue = member("sue", { nickname: "Sue", user: "sue", role: "SUBSCRIBER", sending: null });
    const quiet = { ...bob, sending: { ...sending, microphone: false } };
    const state = inCall({ ...me, role: "PUBLISHER" }, quiet, sue);
    const speaking = [me.connectionId];
    show({ ...state, call: { ...state.call, panel: "people", speaking } });
    expect(texts(".person")).toEqual([
      "Ann (you)publisher1Publisher",
      "Bobpublisher2",
      "SuesueSubscriber",
    ]);
    expect(texts(".person-states")).toEqual([
      "speakingcamera on",
      "microphone offcamera on",
      "watching",
    ]);
    expect(texts(".people button")).toEqual([]);
  });

  it("lets a moderator remove and stop others, once they are sure", () => {
    const identity = { ...ann, role: "MODERATOR" } as const;
    const state = { ...inCall(me, bob), identity };
    const { ask } = show({ ...state, call: { ...state.call, panel: "people" } });
    expect(texts(".people button")).toEqual(["Stop video", "Remove"]);
    press("Remove");
    const question = { what: "remove", connectionId: "bob", nickname: "Bob" } as const;
    expect(ask).toHaveBeenCalledExactlyOnceWith(question);
    const { confirm, ask: answer } = show({ ...state, call: { ...state.call, question } });
    expect(text("#question")).toBe("Remove Bob from the call? They will be told.");
    press("Cancel");
    expect(answer).toHaveBeenCalledExactlyOnceWith(null);
    press("Remove");
    expect(confirm).toHaveBeenCalledOnce();
  });

  it("obeys single keys, save while somebody types or has switched them off", () => {
    const state = inCall(me, bob);
    const report = { camera: null, microphone: null };
    const publishing = { busy: false, report, problem: null, quiet: false };
    const call = { ...state.call, publishing, panel: "chat" } as const;
    const type = (key: string, target: EventTarget | null) =>
      act(() => void target?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true })));
    const { setDeviceEnabled, showPanel, setLayout } = show({ ...state, call });
    void type("m", document.body);
    void type("c", document.body);
    void type("l", document.body);
    void type("m", root.querySelector("textarea"));
    expect(setDeviceEnabled).toHaveBeenCalledExactlyOnceWith("microphone", false);
    expect(showPanel).toHaveBeenCalledExactlyOnceWith(null);
    expect(setLayout).toHaveBeenCalledExactlyOnceWith("gallery");
    const off = show({ ...state, call: { ...call, shortcuts: false } });
    void type("m", document.body);
    expect(off.setDeviceEnabled).not.toHaveBeenCalled();
  });

  it("shows everybody of one size in the gallery", () => {
    const state = inCall(me, bob);
    show({ ...state, call: { ...state.call, layout: "gallery" } });
    expect(root.querySelector(".main-video")).toBeNull();
    expect(texts(".tile .nickname")).toEqual(["Ann", "Bob"]);
  });

  it("never mirrors a screen, and names it as one", () => {
    show(inCall(me, { ...me, connectionId: "screen", screen: true }));
    expect([...root.querySelectorAll(".tile video")].map((video) => video.className)).toEqual([
      "mirrored",
      "",
    ]);
    expect(texts(".tile .names")[1]).toContain("Screen");
    expect(text(".call-head p")).toBe(" 1 person");
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
    const { join, endSeen } = show({ screen: "ended", because, identity: ann, choice, setup });
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
  it("says why, and starts again by one click", () => {
    const reload = vi.spyOn(location, "reload").mockImplementation(() => undefined);
    show({ screen: "broken", problem: { code: "config_unreadable" } });
    expect(text('[role="alert"]')).toMatch(/not set up completely/);
    press("Try again");
    expect(reload).toHaveBeenCalledOnce();
  });
});
