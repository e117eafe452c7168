/** The whole page but for its edges: the network, the video server and the devices are the test's. */
import { cleanup, fireEvent, render, within } from "@testing-library/preact";
import { HttpResponse, type JsonBodyType, http } from "msw";
import { afterEach, expect, vi } from "vitest";
import { type Deps, createActions } from "../src/actions";
import { createApi } from "../src/api";
import type { Call, CallListener, Member } from "../src/members";
import { ok } from "../src/result";
import { checkServers } from "../src/servers";
import { createStore } from "../src/store";
import type { VideoServer } from "../src/video-server";
import { Live } from "../src/views/Live";
import { ann, choice, member, preferences } from "./fixtures";
import { network } from "./network";

afterEach(cleanup);

/** An answer of the API's. */
export const answer = (status: number, body: object): Response =>
  HttpResponse.json(body as JsonBodyType, { status });

/** There is no network, or nobody answers. */
export const offline = (): Response => HttpResponse.error();

/** In milliseconds. A test that waits for nothing to come must not wait long. */
const patienceMs = 500;

export const refusal = (status: number, code: string): Response => answer(status, { code });

const token = {
  sessionName: choice.sessionName,
  sessionId: "s1",
  token: "wss://video.example?sessionId=s1&token=t1",
  connectionId: "me",
  role: "MODERATOR",
  videoServer: { kind: "openvidu", url: "https://video.example" },
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
  readonly videoServer?: VideoServer | null;
  /** What the browser knows of its network, now. */
  readonly browser?: { readonly online: boolean };
}

/** A call of oneself and these others. */
export function fakeCall(...others: readonly Member[]) {
  let listener: CallListener = () => undefined;
  const self = member("me", { self: true, nickname: "Ann", user: ann.user, sending: null });
  const fine = () => Promise.resolve(ok(null));
  const call: Call = {
    screen: null,
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
  { answers = {}, videoServer = null, browser = { online: true }, ...edges }: Edges = {},
) {
  const store = createStore();
  /** Called for each request, with its path or, elsewhere, its address. */
  const asked = vi.fn<(path: string) => void>();
  network.use(
    http.all("*", async ({ request }) => {
      const { origin, pathname } = new URL(request.url);
      const path = origin === location.origin ? pathname : origin + pathname;
      asked(path);
      const reply = answers[path] ?? happy[path];
      return reply === undefined ? offline() : await reply();
    }),
  );
  const api = createApi({ baseUrl: "", patienceMs });
  const deps = {
    store,
    api,
    connect: () => Promise.resolve(ok(fakeCall().call)),
    checkServers: () => checkServers({ videoServer, api, online: browser.online, patienceMs }),
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
  render(<Live store={store} actions={actions} demoUsers={false} />, { container: root });
  store.dispatch({
    type: "started",
    identity: { ...ann, role: "MODERATOR" },
    choice,
    preferences,
    problem: null,
  });
  return { store, actions, deps, asked };
}

/** Waits until `root` shows `text`. */
export const seenIn = (root: HTMLElement) => (text: string | RegExp) =>
  vi.waitFor(() => expect(root.textContent).toMatch(text));

/** Presses the button of that name. */
export const pressIn = (root: HTMLElement) => (name: string) =>
  fireEvent.click(within(root).getByRole("button", { name }));
