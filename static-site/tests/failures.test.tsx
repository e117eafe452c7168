// @vitest-environment happy-dom
/** Everything that can stand in somebody's way, produced at the page's edge and read on its screen. */
import { cleanup } from "@testing-library/preact";
import { delay } from "msw";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { slowAfter } from "../src/actions";
import { openDevices } from "../src/devices";
import type { CallEvent } from "../src/members";
import { failed, ok } from "../src/result";
import { silentAfter } from "../src/sound";
import { answer, fakeCall, mount, offline, pressIn, refusal, seenIn } from "./mounted";
import { ann, choice, member, sending } from "./fixtures";

const root = document.createElement("div");
const seen = seenIn(root);
const press = pressIn(root);

beforeEach(() => {
  document.body.append(root);
  vi.spyOn(HTMLMediaElement.prototype, "play").mockResolvedValue();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** A browser with these devices, whose answer to opening any of them is `refuse`. */
function browserWith(kinds: readonly MediaDeviceKind[], refuse: string | null) {
  return {
    enumerateDevices: () => Promise.resolve(kinds.map((kind) => ({ kind, deviceId: kind }))),
    getUserMedia: () =>
      refuse === null
        ? Promise.resolve(new MediaStream())
        : Promise.reject(new DOMException("no", refuse)),
  } as unknown as MediaDevices;
}

describe("before the call", () => {
  it.each([
    ["no camera", browserWith(["audioinput"], null), /No camera was found\./],
    ["no microphone", browserWith(["videoinput"], null), /No microphone was found\./],
    ["neither", browserWith([], null), /No camera and no microphone were found\./],
    [
      "a permission that was refused",
      browserWith(["audioinput", "videoinput"], "NotAllowedError"),
      /does not let this page use your camera and microphone\. .*then try again\./,
    ],
    [
      "another program that has the devices",
      browserWith(["audioinput", "videoinput"], "NotReadableError"),
      /Your camera and microphone are in use by another program\./,
    ],
    ["a page that is not on https", undefined, /only on pages that were loaded over https\./],
    [
      "devices that will not start",
      browserWith(["audioinput", "videoinput"], "UnknownError"),
      /Your camera and microphone could not be started\./,
    ],
  ] as const)("says of %s what is wrong", async (_, media, said) => {
    mount(root, { openDevices: (preferences) => openDevices(media, preferences) });
    await seen(said);
    press("Try again");
    await seen(said);
  });

  it("says that nothing comes from the microphone", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    vi.stubGlobal("AudioContext", SilentContext);
    vi.stubGlobal("MediaStream", Object);
    const microphone = { stop: () => undefined } as unknown as MediaStreamTrack;
    mount(root, {
      openDevices: () =>
        Promise.resolve({
          tracks: { camera: null, microphone },
          report: { camera: null, microphone: null },
        }),
    });
    await seen("Your devices are ready.");
    // Effects run after the drawing.
    await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1));
    vi.advanceTimersByTime(silentAfter);
    await seen("Nothing comes from your microphone.");
  });
});

describe("the servers, before the call", () => {
  const server = (url: string) => ({ kind: "openvidu", url }) as const;
  const url = "https://video.example";
  const videoServer = server(url);
  const openPage = `${url}/openvidu/api/config/openvidu-publicurl`;
  const reached = () => answer(200, {});
  const late = async () => {
    await delay("infinite");
    return offline();
  };
  const told = () => root.querySelector(".servers")?.textContent;

  it("are said to answer when they do, to those as well who only watch", async () => {
    const login = () => answer(200, { ...ann, role: "SUBSCRIBER", token: "jwt" });
    const answers = { [openPage]: reached, "/api-login/login": login };
    const { actions } = mount(root, { videoServer, answers });
    await seen("Ready to join.");
    await actions.logOut();
    await actions.logIn("subscriber", "pass");
    await seen("Ready to join.");
    expect(root.querySelector(".setup")).toBeNull();
    expect(root.querySelector(".servers")?.role).toBe("status");
  });

  it.each([
    ["does not answer in time", url, late, /The video server does not answer\./],
    ["is down, on http", "http://video.example", offline, /The video server does not answer\./],
    [
      "cannot be reached or has a certificate of its own making",
      url,
      offline,
      /a certificate your browser does not trust/,
    ],
  ])("are told when the video server %s, and asked again", async (_, place, reply, said) => {
    const video = vi.fn<() => Response | Promise<Response>>(reply);
    const answers = { [openPage.replace(url, place)]: video };
    mount(root, { videoServer: server(place), answers });
    await vi.waitFor(() => expect(told()).toMatch(said));
    video.mockImplementation(reached);
    press("Check again");
    await vi.waitFor(() => expect(told()).toMatch("Ready to join."));
    expect(root.textContent).toMatch("Check again");
  });

  it("lead to the certificate, and are asked again when one comes back from it", async () => {
    const video = vi.fn<() => Response>(offline);
    mount(root, { videoServer, answers: { [openPage]: video } });
    await seen("Open the video server’s page.");
    expect(root.querySelector<HTMLAnchorElement>(".servers a")?.href).toBe(openPage);
    video.mockImplementation(reached);
    dispatchEvent(new Event("focus"));
    await seen("Ready to join.");
  });

  it.each([
    ["cannot be reached", offline, /The server cannot be reached\./],
    ["has failed", () => answer(500, {}), /Something went wrong on the server/],
    [
      "cannot read its records",
      () => refusal(503, "store_unavailable"),
      /call records cannot be reached/,
    ],
    ["takes too long", late, /took too long to answer/],
  ])("are told when the API %s", async (_, reply, said) => {
    const answers = { [openPage]: reached, "/api-login/login": reply };
    mount(root, { videoServer, answers });
    await vi.waitFor(() => expect(told()).toMatch(said));
  });

  it("are both told when both fail, except when it is the network's fault", async () => {
    const answers = { [openPage]: offline, "/api-login/login": () => answer(500, {}) };
    mount(root, { videoServer, answers });
    await vi.waitFor(() => expect(told()).toMatch(/wrong on the server.*video server/));
    cleanup();
    mount(root, { videoServer, answers: { [openPage]: offline, "/api-login/login": offline } });
    await vi.waitFor(() => expect(told()).toMatch(/The server cannot be reached\./));
    expect(told()).not.toMatch(/video server/);
  });

  it("are asked again when the network goes, and when it comes", async () => {
    const browser = { online: true };
    const { asked } = mount(root, { videoServer, browser, answers: { [openPage]: reached } });
    await seen("Ready to join.");
    browser.online = false;
    asked.mockClear();
    dispatchEvent(new Event("offline"));
    await vi.waitFor(() => expect(told()).toMatch(/Check your connection/));
    expect(asked).not.toHaveBeenCalled();
    browser.online = true;
    dispatchEvent(new Event("online"));
    await seen("Ready to join.");
  });

  it("hold nobody up, and are left alone once the join form is gone", async () => {
    const { actions, asked } = mount(root, { videoServer, answers: { [openPage]: offline } });
    await seen("Check again");
    await actions.join(choice);
    await seen("Leave");
    // Effects end after the drawing.
    await vi.waitFor(() => {
      asked.mockClear();
      for (const event of ["online", "offline", "focus"]) dispatchEvent(new Event(event));
      expect(asked).not.toHaveBeenCalled();
    });
  });

  it("are not asked, nor spoken of, when the page is not told where they are", async () => {
    const { asked } = mount(root);
    await seen("Join a call");
    await seen("Your devices are ready.");
    expect(asked).not.toHaveBeenCalled();
    expect(told()).toBe("");
  });
});

class SilentContext {
  state = "running";
  createAnalyser = () => ({ fftSize: 0, getFloatTimeDomainData: () => undefined });
  createMediaStreamSource = () => ({ connect: () => undefined });
  close = () => Promise.resolve();
}

describe("logging in", () => {
  it.each([
    ["a wrong password", refusal(401, "invalid_credentials"), /Wrong user name or password/],
    ["too many attempts", refusal(429, "too_many_attempts"), /Too many failed attempts/],
    ["a server that fails", answer(500, {}), /Something went wrong on the server/],
  ])("says of %s what is wrong", async (_, response, said) => {
    const { actions } = mount(root, { answers: { "/api-login/login": () => response } });
    await actions.logOut();
    await actions.logIn("publisher1", "pass");
    await seen(said);
  });
});

describe("on the way in", () => {
  it.each([
    ["the API is down", offline, /server cannot be reached/],
    [
      "OpenVidu is down",
      () => refusal(503, "openvidu_unavailable"),
      /The video server cannot be reached just now/,
    ],
    ["OpenVidu is too slow", () => refusal(504, "openvidu_timeout"), /too busy to answer/],
    ["OpenVidu refuses us", () => refusal(502, "openvidu_refused"), /refuses our requests/],
    ["many join at once", () => refusal(503, "call_busy"), /Too many people are joining/],
    ["there were too many requests", () => answer(429, {}), /Too many requests/],
  ])("says that %s", async (_, reply, said) => {
    const { actions } = mount(root, { answers: { "/api-sessions/get-token": reply } });
    await actions.join(choice);
    await seen(said);
    await seen("Join a call");
  });

  it.each([
    ["connect_timeout", /did not let you in in time/],
    ["connect_failed", /did not let you in\. Try again/],
    ["video_full", /no room for this call/],
    ["browser_not_supported", /This browser cannot make video calls/],
    ["page_incomplete", /part of this page could not be loaded/],
  ] as const)("says %s in words", async (code, said) => {
    const { actions } = mount(root, { connect: () => Promise.resolve(failed(code)) });
    await actions.join(choice);
    await seen(said);
  });

  it("leads to the video server's certificate when the browser may not trust it", async () => {
    const { actions } = mount(root, {
      connect: () => Promise.resolve(failed("video_unreachable")),
    });
    await actions.join(choice);
    await seen(/a certificate your browser does not trust/);
    expect(root.querySelector<HTMLAnchorElement>(".notice a")?.href).toBe(
      "https://video.example/openvidu/api/config/openvidu-publicurl",
    );
  });

  it("says after a while that it takes long, and can be cancelled", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { actions } = mount(root, {
      answers: { "/api-sessions/get-token": () => new Promise<never>(() => undefined) },
    });
    void actions.join(choice);
    vi.advanceTimersByTime(slowAfter);
    vi.useRealTimers();
    await seen("This is taking longer than usual.");
    press("Cancel");
    await seen("Join a call");
  });

  it("asks for another token by itself when one is dead on arrival", async () => {
    const connect = vi.fn(() => Promise.resolve(ok(fakeCall().call)));
    connect.mockResolvedValueOnce(failed("token_dead"));
    const { actions } = mount(root, { connect });
    await actions.join(choice);
    await seen("Leave");
    expect(connect).toHaveBeenCalledTimes(2);
  });

  it("gives up when every token is", async () => {
    const { actions } = mount(root, { connect: () => Promise.resolve(failed("token_dead")) });
    await actions.join(choice);
    await seen("The call closed each time you were about to enter.");
  });

  it("asks to log in when the login has expired", async () => {
    const { actions } = mount(root, {
      answers: { "/api-sessions/get-token": () => refusal(401, "not_logged_in") },
    });
    await actions.join(choice);
    await seen("Your login has expired. Please log in again.");
  });
});

const bob = member("bob", { nickname: "Bob", user: "publisher2" });

async function join(edges: Parameters<typeof mount>[1] = {}) {
  const { call, tell } = fakeCall(bob);
  const connect = vi.fn(() => Promise.resolve(ok(call)));
  const page = mount(root, { connect, ...edges });
  await page.actions.join(choice);
  await seen("Leave");
  return { ...page, call, connect, tell };
}

describe("in the call", () => {
  it("says that the connection is lost, for as long as it is", async () => {
    const { tell } = await join();
    tell({ type: "reconnecting" });
    await seen("Connection lost. Reconnecting.");
    tell({ type: "reconnected" });
    await vi.waitFor(() => expect(root.textContent).not.toMatch("Connection lost."));
  });

  it.each([
    ["network", "The connection was lost"],
    ["removed", "You were removed from the call"],
    ["closed", "The call was closed"],
    ["other", "The call has ended"],
  ] as const)("that ends by %s says so, and one click joins again", async (reason, said) => {
    const { tell, connect } = await join();
    tell({ type: "ended", reason });
    await seen(said);
    press("Join again");
    await seen("Leave");
    expect(connect).toHaveBeenCalledTimes(2);
  });

  it.each<[string, CallEvent, RegExp]>([
    ["a moderator stops us", { type: "unpublished" }, /A moderator stopped your video and sound/],
    [
      "oneself is here twice",
      { type: "member", member: member("twin", { user: ann.user }) },
      /in this call a second time/,
    ],
  ])("says that %s", async (_, event, said) => {
    const { tell } = await join();
    tell(event);
    await seen(said);
  });

  it("goes on when the login has expired, and says what to do at the next request", async () => {
    const { actions } = await join({
      answers: { "/api-sessions/remove-user": () => refusal(401, "not_logged_in") },
    });
    actions.ask({ what: "remove", connectionId: "bob", nickname: "Bob" });
    await actions.confirm();
    await seen("Your login has expired. The call goes on; to do this, leave it and log in again.");
    await seen("Bob");
  });

  it("starts all sound by one button where the browser holds it back", async () => {
    vi.spyOn(HTMLMediaElement.prototype, "play").mockRejectedValue(
      new DOMException("gesture", "NotAllowedError"),
    );
    const { tell } = await join();
    const media = new MediaStream();
    tell({ type: "member", member: { ...bob, sending: { ...sending, media } } });
    await seen("Your browser blocks sound until you click.");
    press("Turn on sound");
    await vi.waitFor(() => expect(root.textContent).not.toMatch("blocks sound"));
  });

  it("says that a message was not sent", async () => {
    const { call, actions } = await join();
    vi.spyOn(call, "say").mockResolvedValue(failed("not_said"));
    await actions.say("hello");
    await seen("Your message could not be sent.");
  });

  it("says that the server did not hear the farewell", async () => {
    const { actions } = await join({
      answers: { "/api-sessions/remove-user": () => answer(500, {}) },
    });
    await actions.leave();
    await seen("You have left the call. The server could not be told");
  });

  it("that was left with its page is found again by one click", async () => {
    const { actions } = await join();
    actions.pageLeft();
    await seen("You left the call");
    press("Join again");
    await seen("Leave");
  });
});
