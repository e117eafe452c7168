// @vitest-environment happy-dom
/**
 * Every screen in its states, held to axe. What needs real drawing, contrast above all,
 * is seen by a real browser in `e2e`.
 */
import axe from "axe-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CallStateEvent, enterCall, reduceCall } from "../src/call-state";
import type { Role } from "../src/identity";
import { reduceSetup } from "../src/setup-state";
import type { EndedState, State } from "../src/state";
import { ann, choice, member, problem, sending, setup } from "./fixtures";
import { joining, lobby, login, root, show } from "./shown";

beforeEach(() => {
  document.documentElement.lang = "en";
  // Nothing is drawn here that could have a contrast.
  axe.configure({ rules: [{ id: "color-contrast", enabled: false }] });
});
afterEach(() => axe.reset());

/** What axe finds on the page of `state`, and the rules that applied to it. */
async function audit(state: State) {
  show(state, { demoUsers: true });
  const { violations, passes } = await axe.run(document);
  const findings = violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  return { findings, passed: passes.map(({ id }) => id) };
}

const base = { identity: ann, choice, setup };
const link = "https://video.example/openvidu/api/config/openvidu-publicurl";
const ended = (because: EndedState["because"]): State => ({
  screen: "ended",
  because,
  problem: null,
  ...base,
});

const options = (["camera", "microphone", "speaker"] as const).map((kind) => ({
  kind,
  id: `${kind}1`,
  label: "",
}));
const listed = reduceSetup(setup, { type: "optionsListed", options });
const fine = { ...listed, report: { camera: null, microphone: null } };

const subscriber = { ...ann, role: "SUBSCRIBER" } as const;

const outside: Record<string, State> = {
  starting: { screen: "starting" },
  broken: { screen: "broken", problem: { code: "config_unreadable" } },
  login: login,
  "login, busy": { ...login, busy: true },
  "login, refused": { ...login, problem: { code: "invalid_credentials" } },
  "join form": lobby,
  "join form of who only watches": { ...lobby, identity: subscriber },
  "join form, logging out": { ...lobby, busy: true },
  "join form after a failure": { ...lobby, problem },
  "join form, certificate not trusted": { ...lobby, problem: { code: "video_unreachable", link } },
  "join form, asking for devices": { ...lobby, setup: { ...setup, busy: true } },
  "join form, devices ready": { ...lobby, setup: fine },
  "join form, no sound": { ...lobby, setup: { ...fine, silent: true } },
  "join form, camera denied": {
    ...lobby,
    setup: { ...listed, report: { camera: "denied", microphone: null } },
  },
  "join form, servers answer": { ...lobby, servers: { busy: false, problems: [] } },
  "join form, servers do not answer": {
    ...lobby,
    servers: { busy: false, problems: [problem, { code: "video_unreachable", link }] },
  },
  "join form, asking the servers again": {
    ...lobby,
    servers: { busy: true, problems: [{ code: "video_silent" }] },
  },
  joining,
  "joining, limited": { ...joining, wait: "limited" },
  "joining, slow": { ...joining, wait: "slow" },
  "ended: removed": ended("removed"),
  "ended: closed": ended("closed"),
  "ended: network": ended("network"),
  "ended: other": ended("other"),
  "ended: pageLeft": ended("pageLeft"),
};

const me = member("me", { self: true, nickname: "Ann", user: "publisher1" });
const bob = member("bob", { nickname: "Bob", user: "publisher2" });
const sue = member("sue", { nickname: "Sue", user: "subscriber", sending: null });
const bobsScreen = member("screen", { nickname: "Bob", user: "publisher2", screen: true });
const muted = member("mo", { sending: { ...sending, camera: false, microphone: false } });
const lost = member("lost", { sending: { ...sending, broken: true } });

function inCall(role: Role, ...events: readonly CallStateEvent[]): State {
  const before = enterCall(role, [me, bob, sue, bobsScreen, muted, lost]);
  return { screen: "call", call: events.reduce(reduceCall, before), ...base, setup: fine };
}

const asked = (what: "remove" | "stop"): CallStateEvent => ({
  type: "asked",
  question: { what, connectionId: "bob", nickname: "Bob" },
});

const calls: Record<string, State> = {
  "call, alone": { screen: "call", call: enterCall("PUBLISHER", [me]), ...base },
  "call of who only watches": inCall("SUBSCRIBER"),
  call: inCall("PUBLISHER"),
  "call, gallery": inCall("PUBLISHER", { type: "layoutChosen", layout: "gallery" }),
  "call, somebody chosen": inCall("PUBLISHER", { type: "memberChosen", connectionId: "bob" }),
  "call, somebody speaking": inCall("PUBLISHER", {
    type: "speaking",
    connectionId: "bob",
    on: true,
  }),
  "call, chat": inCall("PUBLISHER", { type: "panelShown", panel: "chat" }),
  "call, chat with a message": inCall(
    "PUBLISHER",
    { type: "panelShown", panel: "chat" },
    { type: "said", connectionId: "bob", text: "See https://example.org" },
  ),
  "call, unread message": inCall("PUBLISHER", { type: "said", connectionId: "bob", text: "hi" }),
  "call, people": inCall("PUBLISHER", { type: "panelShown", panel: "people" }),
  "call, people for a moderator": inCall("MODERATOR", { type: "panelShown", panel: "people" }),
  "call, settings": inCall("PUBLISHER", { type: "panelShown", panel: "settings" }),
  "call, about to remove": inCall("MODERATOR", asked("remove")),
  "call, about to stop": inCall("MODERATOR", asked("stop")),
  "call, refused": inCall("MODERATOR", { type: "refused", problem: { code: "not_stopped" } }),
  "call, reconnecting": inCall("PUBLISHER", { type: "reconnecting" }),
  "call, sound held back": inCall("PUBLISHER", { type: "soundBlocked" }),
  "call, asking for devices": inCall("PUBLISHER", { type: "devicesAsked" }),
  "call, without devices": inCall("PUBLISHER", {
    type: "devicesReported",
    report: { camera: "missing", microphone: "missing" },
  }),
  "call, not sent": inCall("PUBLISHER", {
    type: "publishFailed",
    problem: { code: "publish_failed" },
  }),
  "call, camera unplugged": inCall("PUBLISHER", {
    type: "devicesReported",
    report: { camera: "unplugged", microphone: null },
  }),
  "call, stopped by a moderator": inCall("PUBLISHER", { type: "unpublished" }),
  "call, here twice": inCall("PUBLISHER", {
    type: "member",
    member: member("twin", { user: ann.user }),
  }),
  "call, screen starting": inCall("PUBLISHER", { type: "screenStarting" }),
  "call, screen shown": inCall("PUBLISHER", { type: "screenStarted" }),
  "call, somebody gone": inCall("PUBLISHER", { type: "memberLeft", connectionId: "bob" }),
};

describe("axe has nothing to say", () => {
  it.each(Object.entries({ ...outside, ...calls }))("of %s", async (_, state) => {
    const { findings, passed } = await audit(state);
    expect(findings).toEqual([]);
    expect(passed).toEqual(expect.arrayContaining(["document-title", "landmark-one-main"]));
  });

  it("because all is well, not because it does not look", async () => {
    await audit(lobby);
    root.querySelector("label")?.remove();
    const { violations } = await axe.run(document);
    expect(violations.map(({ id }) => id)).toContain("label");
  });
});
