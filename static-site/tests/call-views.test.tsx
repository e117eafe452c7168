// @vitest-environment happy-dom
/** What the screen of a call shows of its state, and which action each control starts. */
import { act } from "preact/test-utils";
import { describe, expect, it, vi } from "vitest";
import { ann, intended, member, sending } from "./fixtures";
import { bob, inCall, me, play, press, root, show, text, texts } from "./shown";

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
    expect(texts(".tile .picture-state")).toEqual(["Connecting"]);
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
    expect(text(".tile .picture-state")).toBe("This video cannot be loaded");
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
    expect(text('[role="alert"]')).toMatch(/Reconnecting/);
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

  it("says that nobody sees one's screen, unless the whole call is away", () => {
    const state = inCall(me);
    const away = { ...state.call, screen: "away" } as const;
    show({ ...state, call: away });
    expect(text('[role="alert"]')).toMatch(/do not see your screen/);
    show({ ...state, call: { ...away, connection: "waiting" } });
    expect(texts('[role="alert"]')).toEqual([expect.stringMatching(/Still no connection/)]);
  });

  it("says what is wrong with one's devices, and tries again", () => {
    const state = inCall(me);
    const report = { camera: "in_use", microphone: null } as const;
    const publishing = { busy: false, report, problem: null, quiet: false, intended };
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
      const publishing = { busy: false, report, problem: null, quiet: false, intended };
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

  it("marks a bad connection, on the tile and in the list", () => {
    const state = inCall(me, { ...bob, quality: "poor" }, member("eve", { quality: "lost" }));
    show({ ...state, call: { ...state.call, panel: "people" } });
    expect(texts(".tile-mark")).toEqual(["poor connection", "connection lost"]);
    expect(texts(".person-states")).toEqual([
      "microphone oncamera on",
      "poor connectionmicrophone oncamera on",
      "connection lostmicrophone oncamera on",
    ]);
  });

  it("offers a moderator nothing that the video server does not let them do", () => {
    const eve = member("eve", { nickname: "Eve", stoppable: false });
    const state = inCall(me, eve, { ...eve, connectionId: "eve/screen", screen: true });
    const identity = { ...state.identity, role: "MODERATOR" } as const;
    show({ ...state, identity, call: { ...state.call, panel: "people" } });
    expect(texts(".people button")).toEqual(["Remove"]);
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
    const publishing = { busy: false, report, problem: null, quiet: false, intended };
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
