/** The whole page but for its edges: the network, the video server and the devices are the test's. */
import { render } from "preact";
import { expect, vi } from "vitest";
import { type Deps, createActions } from "../src/actions";
import { createApi } from "../src/api";
import type { Call, CallListener, Member } from "../src/members";
import { ok } from "../src/result";
import { checkServers } from "../src/servers";
import { createStore } from "../src/store";
import { Live } from "../src/views/Live";
import { ann, choice, member, preferences } from "./fixtures";

/** An answer of the API's. */
export const answer = (status: number, body: object): Response =>
  new Response(JSON.stringify(body), { status });

export const refusal = (status: number, code: string): Response => answer(status, { code });

const token = {
  sessionName: choice.sessionName,
  sessionId: "s1",
  token: "wss://video.example?sessionId=s1&token=t1",
  connectionId: "me",
  role: "MODERATOR",
};

const happy: Readonly<Record<string, () => Response>> = {
  "/api-login/login": () => answer(200, { ...ann, token: "jwt" }),
  "/api-login/logout": () => answer(200, {}),
  "/api-sessions/get-token": () => answer(200, token),
  "/api-sessions/remove-user": () => answer(200, {}),
};

interface Edges extends Partial<Deps> {
  /** How the API answers, where it is not as it should be. */
  readonly answers?: Readonly<Record<string, () => Response | Promise<Response>>>;
  /** Where the video server is, as far as the page is told. */
  readonly openviduUrl?: string;
  /** What the browser knows of its network, now. */
  readonly network?: { readonly on: boolean };
}

/** A call of oneself and these others. */
export function fakeCall(...others: readonly Member[]) {
  let listener: CallListener = () => undefined;
  const self = member("me", { self: true, nickname: "Ann", user: ann.user, sending: null });
  const fine = () => Promise.resolve(ok(null));
  const call: Call = {
    listen(given) {
      listener = given;
      return [self, ...others];
    },
    publish: fine,
    say: fine,
    stop: fine,
    leave: () => undefined,
  };
  return { call, tell: (event: Parameters<CallListener>[0]) => listener(event) };
}

const devices = {
  tracks: { camera: null, microphone: null },
  report: { camera: null, microphone: null },
};

/** Mounts the page into `root` and logs in. */
export function mount(
  root: HTMLElement,
  { answers = {}, openviduUrl = "", network = { on: true }, ...edges }: Edges = {},
) {
  const store = createStore();
  const fetcher = vi.fn((url: RequestInfo | URL) => {
    const path = (url as string).replace(/\?.*/, "");
    const reply = answers[path] ?? happy[path];
    return reply === undefined ? Promise.reject(new TypeError(path)) : Promise.resolve(reply());
  });
  const api = createApi({ baseUrl: "", fetcher });
  const deps = {
    store,
    api,
    connect: () => Promise.resolve(ok(fakeCall().call)),
    checkServers: () => checkServers({ openviduUrl, api, online: network.on, fetcher }),
    openScreen: () => Promise.resolve(null),
    openDevices: () => Promise.resolve(devices),
    openDevice: () => Promise.resolve({ track: null, trouble: "missing" } as const),
    pause: () => new Promise<void>(() => undefined),
    listDevices: () => Promise.resolve([]),
    remember: () => undefined,
    rememberNickname: () => undefined,
    rememberOwner: () => undefined,
    rememberPreferences: () => undefined,
    ...edges,
  } satisfies Deps;
  const actions = createActions(deps);
  render(<Live store={store} actions={actions} demoUsers={false} />, root);
  store.dispatch({
    type: "started",
    identity: { ...ann, role: "MODERATOR" },
    choice,
    preferences,
    problem: null,
  });
  return { store, actions, deps, fetcher };
}

/** Waits until `root` shows `text`. */
export const seenIn = (root: HTMLElement) => (text: string | RegExp) =>
  vi.waitFor(() => expect(root.textContent).toMatch(text));

/** Presses the button of that name. */
export const pressIn = (root: HTMLElement) => (name: string) => {
  const button = [...root.querySelectorAll("button")].find(
    (each) => (each.getAttribute("aria-label") ?? each.textContent).trim() === name,
  );
  if (button === undefined) throw new Error(`no button ${name}`);
  button.click();
};
