/** Values that several tests need. */
import type { Member, Sending } from "../src/members";
import { vi } from "vitest";
import type { Actions } from "../src/actions";
import type { Identity } from "../src/identity";
import type { Problem } from "../src/result";
import { noPreferences, startSetup } from "../src/setup-state";
import type { VideoServer } from "../src/video-server";

export const ann: Identity = { user: "publisher1", role: "PUBLISHER", expiresAt: 2_000_000_000 };
export const choice = { sessionName: "TUTORIAL", nickname: "Ann" };
export const videoServer: VideoServer = { kind: "openvidu", url: "https://video.example" };
export const problem: Problem = { code: "offline" };

export const sending: Sending = { media: null, camera: true, microphone: true, broken: false };

export function member(connectionId: string, more: Partial<Member> = {}): Member {
  const names = { nickname: `nick-${connectionId}`, user: `user-${connectionId}`, role: null };
  return {
    connectionId,
    ...names,
    self: false,
    screen: false,
    sending,
    quality: null,
    stoppable: true,
    ...more,
  };
}

/** Both devices are on. */
export const intended = { camera: true, microphone: true };

export const preferences = noPreferences;
export const setup = startSetup(preferences);

/** Actions that only note that they were asked for. */
export function spyActions() {
  const later = () => Promise.resolve();
  return {
    prepare: vi.fn<Actions["prepare"]>(later),
    checkServers: vi.fn<Actions["checkServers"]>(later),
    want: vi.fn<Actions["want"]>(later),
    pick: vi.fn<Actions["pick"]>(later),
    microphoneSilent: vi.fn<Actions["microphoneSilent"]>(),
    logIn: vi.fn<Actions["logIn"]>(later),
    logOut: vi.fn<Actions["logOut"]>(later),
    join: vi.fn<Actions["join"]>(later),
    cancelJoin: vi.fn<Actions["cancelJoin"]>(),
    publish: vi.fn<Actions["publish"]>(later),
    setDeviceEnabled: vi.fn<Actions["setDeviceEnabled"]>(later),
    devicesChanged: vi.fn<Actions["devicesChanged"]>(later),
    closePublishNotice: vi.fn<Actions["closePublishNotice"]>(),
    choose: vi.fn<Actions["choose"]>(),
    soundBlocked: vi.fn<Actions["soundBlocked"]>(),
    soundStarted: vi.fn<Actions["soundStarted"]>(),
    say: vi.fn<Actions["say"]>(later),
    showPanel: vi.fn<Actions["showPanel"]>(),
    setLayout: vi.fn<Actions["setLayout"]>(),
    showScreen: vi.fn<Actions["showScreen"]>(later),
    ask: vi.fn<Actions["ask"]>(),
    confirm: vi.fn<Actions["confirm"]>(later),
    closeProblem: vi.fn<Actions["closeProblem"]>(),
    turnShortcuts: vi.fn<Actions["turnShortcuts"]>(),
    leave: vi.fn<Actions["leave"]>(later),
    endSeen: vi.fn<Actions["endSeen"]>(),
    pageLeft: vi.fn<Actions["pageLeft"]>(),
  } satisfies Actions;
}
