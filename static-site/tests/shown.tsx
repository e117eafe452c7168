/** One screen, drawn from its state. Its actions only note that they were asked for. */
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, vi } from "vitest";
import { enterCall } from "../src/call-state";
import { type State, unknownServers } from "../src/state";
import { App } from "../src/views/App";
import { ann, choice, member, setup, spyActions } from "./fixtures";

export const root = document.createElement("div");
export const play = vi.spyOn(HTMLMediaElement.prototype, "play");
beforeEach(() => {
  document.body.append(root);
  play.mockReset().mockResolvedValue();
});
afterEach(() => {
  void act(() => render(null, root));
});

export function show(state: State, { demoUsers = false } = {}) {
  const spies = spyActions();
  void act(() => render(<App state={state} actions={spies} demoUsers={demoUsers} />, root));
  return spies;
}

export const text = (selector: string) => root.querySelector(selector)?.textContent ?? null;
export const texts = (selector: string) =>
  [...root.querySelectorAll(selector)].map((e) => e.textContent);

export function input(name: string): HTMLInputElement {
  const field = root.querySelector<HTMLInputElement>(`input[name="${name}"]`);
  if (field === null) throw new Error(`no field ${name}`);
  return field;
}

const labelOf = (button: HTMLButtonElement) =>
  button.getAttribute("aria-label") ?? button.textContent;

export function press(label: string): void {
  const buttons = [...root.querySelectorAll("button")];
  const button = buttons.find((each) => labelOf(each).includes(label));
  if (button === undefined) throw new Error(`no button ${label}`);
  void act(() => button.click());
}

export const login = {
  screen: "login",
  busy: false,
  resume: false,
  problem: null,
  choice,
  setup,
} satisfies State;
export const lobby = {
  screen: "lobby",
  busy: false,
  problem: null,
  servers: unknownServers,
  identity: ann,
  choice,
  setup,
} satisfies State;
export const joining = {
  screen: "joining",
  wait: "short",
  identity: ann,
  choice,
  setup,
} satisfies State;

export function inCall(...members: Parameters<typeof enterCall>[1]) {
  const call = enterCall("PUBLISHER", members);
  return { screen: "call", call, identity: ann, choice, setup } satisfies State;
}

export const me = member("me", { self: true, nickname: "Ann", user: "publisher1" });
export const bob = member("bob", { nickname: "Bob", user: "publisher2" });
