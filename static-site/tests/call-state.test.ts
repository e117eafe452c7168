/** What the call screen makes of people who come, send and go. */
import { describe, expect, it } from "vitest";
import { type CallState, enterCall, mainMember, people, reduceCall } from "../src/call-state";
import { member, problem, sending } from "./fixtures";

const me = member("me", { self: true, sending: null });
const bob = member("bob");
const eve = member("eve");

const callOf = (...members: Parameters<typeof enterCall>[1]): CallState =>
  enterCall("PUBLISHER", members);

describe("people", () => {
  it("are announced when they come, but not those who were there before us", () => {
    const before = callOf(me, bob);
    expect(before.news).toEqual([]);
    const after = reduceCall(before, { type: "member", member: eve });
    expect(after.members).toEqual([me, bob, eve]);
    expect(after.news).toEqual([{ id: 1, kind: "joined", nickname: "nick-eve" }]);
  });

  it("are not announced again when what they send changes", () => {
    const silent = { ...bob, sending: { ...sending, microphone: false } };
    const after = reduceCall(callOf(me, bob), { type: "member", member: silent });
    expect(after.members).toEqual([me, silent]);
    expect(after.news).toEqual([]);
  });

  it("go from the screen when they leave, and are announced by name", () => {
    const after = reduceCall(callOf(me, bob), { type: "memberLeft", connectionId: "bob" });
    expect(after.members).toEqual([me]);
    expect(after.news).toEqual([{ id: 1, kind: "left", nickname: "nick-bob" }]);
  });

  it("who are not known cannot leave", () => {
    const before = callOf(me);
    expect(reduceCall(before, { type: "memberLeft", connectionId: "bob" })).toBe(before);
  });

  it("make news with ids of their own, of which the last five are kept", () => {
    const names = ["a", "b", "c", "d", "e", "f", "g"];
    const after = names.reduce(
      (call, name) => reduceCall(call, { type: "member", member: member(name) }),
      callOf(me),
    );
    expect(after.news.map(({ id }) => id)).toEqual([3, 4, 5, 6, 7]);
  });
});

describe("the main video", () => {
  it("shows the first other person who sends", () => {
    expect(mainMember(callOf({ ...me, sending }, bob, eve))).toBe(bob);
  });

  it("shows oneself while nobody else sends", () => {
    const self = { ...me, sending };
    expect(mainMember(callOf(self, { ...bob, sending: null }))).toBe(self);
  });

  it("shows nobody while nobody sends", () => {
    expect(mainMember(callOf(me, { ...bob, sending: null }))).toBeNull();
  });

  it("shows whom we chose, until they stop sending", () => {
    const chosen = reduceCall(callOf(me, bob, eve), { type: "memberChosen", connectionId: "eve" });
    expect(mainMember(chosen)).toBe(eve);
    const stopped = reduceCall(chosen, { type: "member", member: { ...eve, sending: null } });
    expect(mainMember(stopped)).toBe(bob);
  });

  it("forgets a choice with the person", () => {
    const chosen = reduceCall(callOf(me, bob, eve), { type: "memberChosen", connectionId: "eve" });
    const gone = reduceCall(chosen, { type: "memberLeft", connectionId: "eve" });
    expect(gone.chosenId).toBeNull();
    const back = reduceCall(gone, { type: "member", member: eve });
    expect(mainMember(back)).toBe(bob);
  });

  it("ignores a choice of somebody who is not there", () => {
    const before = callOf(me, bob);
    expect(reduceCall(before, { type: "memberChosen", connectionId: "eve" })).toBe(before);
  });
});

describe("what is told above the videos", () => {
  it("follows the connection", () => {
    const lost = reduceCall(callOf(me), { type: "reconnecting" });
    expect(lost.connection).toBe("reconnecting");
    expect(reduceCall(lost, { type: "networkAwaited" }).connection).toBe("waiting");
    expect(reduceCall(lost, { type: "reconnected" }).connection).toBe("up");
  });

  it("follows the sound", () => {
    const blocked = reduceCall(callOf(me), { type: "soundBlocked" });
    expect(blocked.soundBlocked).toBe(true);
    expect(reduceCall(blocked, { type: "soundStarted" }).soundBlocked).toBe(false);
  });

  it("follows one's own camera and microphone", () => {
    const report = { camera: "denied", microphone: null } as const;
    const busy = reduceCall(callOf(me), { type: "devicesAsked" });
    expect(busy.publishing).toMatchObject({ busy: true, report: null, problem: null });
    const done = reduceCall(busy, { type: "devicesReported", report });
    expect(done.publishing).toMatchObject({ busy: false, report, problem: null, quiet: false });
    const failed = reduceCall(done, { type: "publishFailed", problem });
    expect(failed.publishing).toMatchObject({ busy: false, report, problem });
    const better = reduceCall(failed, { type: "published" });
    expect(better.publishing).toMatchObject({ report, problem: null });
    expect(reduceCall(better, { type: "published" })).toBe(better);
  });

  it("still knows which devices work when what was wrong is closed, or more goes wrong", () => {
    const report = { camera: null, microphone: "missing" } as const;
    const done = reduceCall(callOf(me), { type: "devicesReported", report });
    const closed = reduceCall(done, { type: "publishNoticeClosed" });
    expect(closed.publishing).toMatchObject({ report, quiet: true });
    const worse = reduceCall(closed, { type: "publishFailed", problem });
    expect(worse.publishing).toMatchObject({ report, problem, quiet: false });
  });

  it("says so when a moderator stops what we send", () => {
    const stopped = reduceCall(callOf(me), { type: "unpublished" });
    expect(stopped.publishing?.problem).toEqual({ code: "unpublished_by_moderator" });
  });
});

describe("the chat", () => {
  const said = (connectionId: string, text: string) =>
    ({ type: "said", connectionId, text }) as const;

  it("keeps who wrote what, and counts what others wrote while it was closed", () => {
    const bobs = reduceCall(callOf(me, bob), said("bob", "hi"));
    const mine = reduceCall(bobs, said("me", "hello"));
    expect(mine.chat).toEqual({
      messages: [
        { id: 1, nickname: "nick-bob", self: false, text: "hi" },
        { id: 2, nickname: "nick-me", self: true, text: "hello" },
      ],
      unread: 1,
    });
    expect(mine.news).toEqual([{ id: 1, kind: "said", nickname: "nick-bob", text: "hi" }]);
    const opened = reduceCall(mine, { type: "panelShown", panel: "chat" });
    expect(opened.chat.unread).toBe(0);
    const read = reduceCall(opened, said("bob", "more"));
    expect(read.chat.unread).toBe(0);
    expect(read.news).toBe(opened.news);
  });

  it("takes nothing from strangers and no more than fits", () => {
    const before = callOf(me, bob);
    expect(reduceCall(before, said("nobody", "hi"))).toBe(before);
    const long = reduceCall(before, said("bob", "x".repeat(10_000)));
    expect(long.chat.messages[0]?.text).toHaveLength(2_000);
  });
});

describe("speaking", () => {
  it("brings the others to the front, but neither oneself nor a screen", () => {
    const speak = (call: CallState, connectionId: string, on = true) =>
      reduceCall(call, { type: "speaking", connectionId, on });
    const both = speak(speak(callOf({ ...me, sending }, bob, eve), "eve"), "me");
    expect(both.speaking).toEqual(["eve", "me"]);
    expect(mainMember(both)).toBe(eve);
    const silent = speak(both, "eve", false);
    expect(silent.speaking).toEqual(["me"]);
    expect(mainMember(silent)).toBe(eve);
  });
});

describe("a screen", () => {
  const screen = member("scr", { screen: true });

  it("is shown large, is announced as one and counts as nobody", () => {
    const call = reduceCall(callOf(me, bob), { type: "member", member: screen });
    expect(mainMember(call)).toBe(screen);
    expect(people(call)).toEqual([me, bob]);
    expect(call.news).toEqual([{ id: 1, kind: "screen", nickname: "nick-scr" }]);
    const gone = reduceCall(call, { type: "memberLeft", connectionId: "scr" });
    expect(gone.news).toBe(call.news);
  });
});

describe("choosing", () => {
  it("leads out of the gallery, and a second click lets go", () => {
    const chosenId = (call: CallState) => [call.chosenId, call.layout];
    const gallery = reduceCall(callOf(me, bob), { type: "layoutChosen", layout: "gallery" });
    const chosen = reduceCall(gallery, { type: "memberChosen", connectionId: "bob" });
    expect(chosenId(chosen)).toEqual(["bob", "speaker"]);
    const freed = reduceCall(chosen, { type: "memberChosen", connectionId: "bob" });
    expect(chosenId(freed)).toEqual([null, "speaker"]);
  });
});

describe("a message that would deceive", () => {
  it("is shown as it was typed, not turned around", () => {
    const call = reduceCall(callOf(me, bob), {
      type: "said",
      connectionId: "bob",
      text: "http://x/\u202egnp.exe\u200b",
    });
    expect(call.chat.messages[0]?.text).toBe("http://x/gnp.exe");
    expect(call.news.at(-1)?.text).toBe("http://x/gnp.exe");
  });
});

describe("a question to a moderator", () => {
  it("is moot when the person has left", () => {
    const question = { what: "remove", connectionId: "bob", nickname: "Bob" } as const;
    const asked = reduceCall(callOf(me, bob), { type: "asked", question });
    expect(asked.question).toBe(question);
    expect(reduceCall(asked, { type: "memberLeft", connectionId: "bob" }).question).toBeNull();
  });
});

describe("coming back over another connection", () => {
  const meNow = member("me-now", { self: true, nickname: me.nickname, sending: null });
  const cleo = member("cleo");
  const screen = member("screen", { self: true, screen: true });
  const rejoined = (...members: Parameters<typeof enterCall>[1]) =>
    ({ type: "rejoined", role: "PUBLISHER", members }) as const;

  it("shows who came meanwhile and not who left, and tells both", () => {
    const lost = reduceCall(callOf(me, bob, eve), { type: "networkAwaited" });
    const back = reduceCall(lost, rejoined(meNow, cleo, eve));
    expect(back.members).toEqual([meNow, eve, cleo]);
    expect(back.connection).toBe("up");
    expect(back.news.map(({ kind, nickname }) => `${nickname} ${kind}`)).toEqual([
      "nick-bob left",
      "nick-cleo joined",
    ]);
  });

  it("makes no news of oneself, nor of one's own screen", () => {
    const back = reduceCall(callOf(me, screen, bob), rejoined(meNow, bob, screen));
    expect(back.members).toEqual([meNow, screen, bob]);
    expect(back.news).toEqual([]);
  });

  it("keeps chat, layout, panel, choice and what is known of the devices", () => {
    const report = { camera: "denied", microphone: null } as const;
    const before = [
      { type: "memberChosen", connectionId: "me" },
      { type: "panelShown", panel: "chat" },
      { type: "layoutChosen", layout: "gallery" },
      { type: "said", connectionId: "bob", text: "hi" },
      { type: "devicesReported", report },
    ] as const;
    const call = before.reduce<CallState>(reduceCall, callOf(me, bob));
    const back = reduceCall(call, rejoined(meNow, bob));
    expect(back).toEqual({ ...call, members: [meNow, bob], chosenId: "me-now" });
  });

  it("forgets a choice of somebody who is gone, and who was speaking", () => {
    const chosen = [
      { type: "memberChosen", connectionId: "bob" },
      { type: "speaking", connectionId: "eve", on: true },
    ] as const;
    const call = chosen.reduce<CallState>(reduceCall, callOf(me, bob, eve));
    const back = reduceCall(call, rejoined(meNow, eve));
    expect(back).toMatchObject({ chosenId: null, speaking: [] });
  });

  it("offers no devices to somebody who may not send any more", () => {
    const back = reduceCall(callOf(me), { ...rejoined(meNow), role: "SUBSCRIBER" });
    expect(back.publishing).toBeNull();
    expect(reduceCall(back, rejoined(meNow)).publishing).not.toBeNull();
  });
});
