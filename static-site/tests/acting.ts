/** For the tests of what people do: an API, a video server and devices that do as they are told. */
import { type Deps, createActions } from "../src/actions";
import type { Api, Ticket } from "../src/api";
import type { Devices } from "../src/devices";
import type { Role } from "../src/identity";
import type { Call, CallListener } from "../src/members";
import { type Result, ok } from "../src/result";
import { createStore } from "../src/store";
import { ann, member, preferences } from "./fixtures";

export const working: Devices = {
  tracks: { camera: { stop: () => undefined } as MediaStreamTrack, microphone: null },
  report: { camera: null, microphone: "missing" },
};

/** A whole page without a page. Anything can be replaced; `log` tells what was asked of the outside. */
export function page(
  replaced: { role?: Role; api?: Partial<Api> } & Partial<Omit<Deps, "api">> = {},
) {
  const log: string[] = [];
  const store = createStore();
  let heard: CallListener = () => undefined;
  const note = <T>(line: string, answer: T): Promise<Result<T>> => {
    log.push(line);
    return Promise.resolve(ok(answer));
  };
  const call: Call = {
    listen(listener) {
      heard = listener;
      return [member("me", { self: true, sending: null, user: "publisher1" })];
    },
    publish: () => note("publish", null),
    turn: (device, on) => note(`turn ${device} ${on ? "on" : "off"}`, null),
    say: (text) => note(`say ${text}`, null),
    own: (connectionId) => log.push(`own ${connectionId}`),
    stop: (connectionId) => note(`stop ${connectionId}`, null),
    leave: () => log.push("leave"),
  };
  const api: Api = {
    check: () => note("check", null),
    logIn: (user) => note(`log in ${user}`, ann),
    logOut: () => note("log out", null),
    getToken: (sessionName) =>
      note(`get token ${sessionName}`, {
        ...{ sessionName, token: "token", sessionId: "ses", connectionId: "con" },
        role: replaced.role ?? "PUBLISHER",
      }),
    removeUser: ({ token }: Ticket) => note(`give back ${token}`, null),
    removeOther: (sessionName, id) => note(`remove ${id} from ${sessionName}`, null),
    ...replaced.api,
  };
  const actions = createActions({
    connect: () => note("connect", call),
    openDevices: () => {
      log.push("open devices");
      return Promise.resolve(working);
    },
    checkServers: () => Promise.resolve([]),
    openScreen: () => Promise.resolve(null),
    listDevices: () => Promise.resolve([]),
    rememberPreferences: (preferences) =>
      log.push(`prefer ${JSON.stringify(preferences.wanted)} ${preferences.camera}`),
    remember: (identity) => log.push(identity === null ? "forget" : `remember ${identity.user}`),
    rememberNickname: () => undefined,
    ...replaced,
    api,
    store,
  });
  store.dispatch({
    type: "started",
    identity: ann,
    choice: { sessionName: "", nickname: "" },
    preferences,
  });
  return { actions, store, log, call, hear: ((event) => heard(event)) as CallListener };
}

/** A promise to be settled later by the test. */
export function later<T>() {
  let settle: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, settle };
}
