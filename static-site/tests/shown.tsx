/** One screen, drawn from its state. Its actions only note that they were asked for. */
import { cleanup, fireEvent, render, within } from "@testing-library/preact";
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
afterEach(cleanup);

export function show(state: State, { demoUsers = false } = {}) {
  const spies = spyActions();
  render(<App state={state} actions={spies} demoUsers={demoUsers} />, { container: root });
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

/** Presses the first button whose name holds `label`. */
export function press(label: string): void {
  const [button] = within(root).getAllByRole("button", { name: (name) => name.includes(label) });
  if (button !== undefined) fireEvent.click(button);
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
