/** For the tests of what people do: an API, a video server and devices that do as they are told. */
import { type Mock, vi } from "vitest";
import { type Deps, createActions } from "../src/actions";
import type { Api, Ticket } from "../src/api";
import type { Devices } from "../src/devices";
import type { Role } from "../src/identity";
import type { Call, CallListener, Outgoing } from "../src/members";
import { type Result, ok } from "../src/result";
import { createStore } from "../src/store";
import { ann, member, preferences, videoServer } from "./fixtures";

interface FakeTrack extends Omit<MediaStreamTrack, "stop" | "onended"> {
  readonly stop: Mock;
  onended: (() => void) | null;
}

/** A track with a name, which tells whether it was stopped. */
export const fakeTrack = (label: string): FakeTrack =>
  ({ label, enabled: true, onended: null, stop: vi.fn() }) as Partial<FakeTrack> as FakeTrack;

/** A camera that works, and no microphone. */
export const cameraOnly = (): Devices => ({
  tracks: { camera: fakeTrack("camera"), microphone: null },
  report: { camera: null, microphone: "missing" },
});

/** Both work. */
export const bothDevices = () => {
  const tracks = { camera: fakeTrack("camera"), microphone: fakeTrack("microphone") };
  return { tracks, report: { camera: null, microphone: null } } satisfies Devices;
};

const describe = ({ camera, microphone, muted }: Outgoing) =>
  `publish ${camera?.label ?? "-"} ${microphone?.label ?? "-"}${muted ? " muted" : ""}`;

/** A whole page without a page. Anything can be replaced; `log` tells what was asked of the outside. */
export function page(
  replaced: { role?: Role; api?: Partial<Api> } & Partial<Omit<Deps, "api">> = {},
) {
  const log: string[] = [];
  const store = createStore();
  /** Who listens to the latest connection of each kind. */
  let heard: CallListener = () => undefined;
  let heardByScreen: CallListener = () => undefined;
  const note = <T>(line: string, answer: T): Promise<Result<T>> => {
    log.push(line);
    return Promise.resolve(ok(answer));
  };
  const call: Call = {
    screen: null,
    listen(listener) {
      heard = listener;
      return [member("me", { self: true, sending: null, user: "publisher1" })];
    },
    publish: (outgoing) => note(describe(outgoing), null),
    say: (text) => note(`say ${text}`, null),
    stop: (connectionId) => note(`stop ${connectionId}`, null),
    leave: () => log.push("leave"),
  };
  const screenCall: Call = {
    ...call,
    listen(listener) {
      heardByScreen = listener;
      return [];
    },
    publish: () => note("publish screen", null),
    leave: () => log.push("leave screen"),
  };
  const api: Api = {
    check: () => note("check", null),
    logIn: (user) => note(`log in ${user}`, ann),
    logOut: () => note("log out", null),
    getToken: (sessionName) =>
      note(`get token ${sessionName}`, {
        ...{ sessionName, token: "token", sessionId: "ses", connectionId: "con", videoServer },
        role: replaced.role ?? "PUBLISHER",
      }),
    removeUser: ({ token }: Ticket) => note(`give back ${token}`, null),
    removeOther: (sessionName, id) => note(`remove ${id} from ${sessionName}`, null),
    ...replaced.api,
  };
  const actions = createActions({
    connect: (_, __, ___, { screen, own }) =>
      screen
        ? note(`connect screen ${[...own.screens.keys()].join()}`, screenCall)
        : note("connect", call),
    openDevices: () => {
      log.push("open devices");
      return Promise.resolve(cameraOnly());
    },
    openDevice: (device) => {
      log.push(`open ${device}`);
      return Promise.resolve({ track: fakeTrack(device), trouble: null });
    },
    pause: () => note("pause", null).then(() => undefined),
    checkServers: () => Promise.resolve([]),
    openScreen: () => Promise.resolve(null),
    listDevices: () => Promise.resolve([]),
    rememberPreferences: (preferences) =>
      log.push(`prefer ${JSON.stringify(preferences.wanted)} ${preferences.camera}`),
    remember: (identity) => log.push(identity === null ? "forget" : `remember ${identity.user}`),
    rememberNickname: () => undefined,
    rememberOwner: (user) => log.push(`cookie of ${user}`),
    ...replaced,
    api,
    store,
  });
  store.dispatch({
    type: "started",
    identity: ann,
    choice: { sessionName: "", nickname: "" },
    preferences,
    problem: null,
  });
  return {
    ...{ actions, store, log, call, screenCall },
    hear: ((event) => heard(event)) as CallListener,
    hearByScreen: ((event) => heardByScreen(event)) as CallListener,
  };
}

/** A promise to be settled later by the test. */
export function later<T>() {
  let settle: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, settle };
}
