// @vitest-environment happy-dom
/** What the screens around a call show of their state, and which action each control starts. */
import { render } from "preact";
import { act } from "preact/test-utils";
import { describe, expect, it, vi } from "vitest";
import { ann, choice, setup } from "./fixtures";
import { input, joining, lobby, login, press, root, show, text, texts } from "./shown";

describe("the login page", () => {
  it("logs in with what was typed", () => {
    const { logIn } = show(login);
    input("user").value = " publisher1 ";
    input("pass").value = " pass ";
    press("Log in");
    expect(logIn).toHaveBeenCalledExactlyOnceWith("publisher1", " pass ");
  });

  it.each([
    ["user", "", "pass", "Enter your user name."],
    ["pass", "ann", "", "Enter your password."],
  ])("asks for a missing %s and goes to it", (name, user, pass, words) => {
    const { logIn } = show(login);
    input("user").value = user;
    input("pass").value = pass;
    press("Log in");
    expect(logIn).not.toHaveBeenCalled();
    expect(text(`#${name}-problem`)).toBe(words);
    expect(input(name).getAttribute("aria-describedby")).toContain(`${name}-problem`);
    expect(document.activeElement).toBe(input(name));
  });

  it("says why a login was refused, as an alert", () => {
    show({ ...login, problem: { code: "invalid_credentials" } });
    expect(text('[role="alert"]')).toBe("Wrong user name or password.");
  });

  it("names the call that logging in leads back to", () => {
    show(login);
    expect(root.textContent).not.toContain(choice.sessionName);
    show({ ...login, resume: true });
    expect(root.textContent).toContain("Log in to go back to TUTORIAL.");
  });

  it("sends nothing twice while it waits", () => {
    const { logIn } = show({ ...login, busy: true });
    input("user").value = "ann";
    input("pass").value = "pass";
    press("Logging in");
    expect(logIn).not.toHaveBeenCalled();
  });

  it("names the demo users only where the configuration says so", () => {
    show(login);
    expect(texts(".demo button")).toEqual([]);
    show(login, { demoUsers: true });
    expect(texts(".demo button")).toEqual(["publisher1", "publisher2", "subscriber", "moderator"]);
    press("subscriber");
    expect([input("user").value, input("pass").value]).toEqual(["subscriber", "pass"]);
  });
});

describe("the join form", () => {
  it("is filled with what is known, and joins with what is typed", () => {
    const { join } = show(lobby);
    expect([input("sessionName").value, input("nickname").value]).toEqual(["TUTORIAL", "Ann"]);
    input("sessionName").value = "  Sala 1 ";
    press("Join");
    expect(join).toHaveBeenCalledExactlyOnceWith({ sessionName: "Sala 1", nickname: "Ann" });
  });

  it("says what is wrong with a name, at the name", () => {
    const { join } = show(lobby);
    input("sessionName").value = "x".repeat(65);
    input("nickname").value = "";
    press("Join");
    expect(join).not.toHaveBeenCalled();
    expect(text("#sessionName-problem")).toBe("Use at most 64 characters.");
    expect(text("#nickname-problem")).toBe("Enter your nickname.");
    expect(document.activeElement).toBe(input("sessionName"));
  });

  it.each([
    ["PUBLISHER", /hear you like this/],
    ["MODERATOR", /hear you like this/],
    ["SUBSCRIBER", /stay off/],
  ] as const)("tells a %s what will happen", (role, words) => {
    show({ ...lobby, identity: { ...ann, role } });
    expect(text(".aside")).toMatch(words);
  });

  it("opens the devices of those who send, and of nobody else", () => {
    const { prepare } = show(lobby);
    expect(prepare).toHaveBeenCalledOnce();
    void act(() => render(null, root));
    const subscriber = show({ ...lobby, identity: { ...ann, role: "SUBSCRIBER" } });
    expect(subscriber.prepare).not.toHaveBeenCalled();
    expect(root.querySelector(".setup")).toBeNull();
  });

  it("lets devices be picked and switched before the call", () => {
    const options = [
      { kind: "camera", id: "c1", label: "Front" },
      { kind: "camera", id: "c2", label: "" },
      { kind: "microphone", id: "m1", label: "Headset" },
    ] as const;
    const preferences = { ...setup.preferences, camera: "c2" };
    const { pick, want } = show({ ...lobby, setup: { ...setup, options, preferences } });
    const list = root.querySelector<HTMLSelectElement>("#pick-camera");
    if (list === null) throw new Error("no list of cameras");
    expect([...list.options].map((option) => option.text)).toEqual(["Front", "Camera 2"]);
    expect(list.value).toBe("c2");
    list.value = "c1";
    list.dispatchEvent(new Event("change", { bubbles: true }));
    expect(pick).toHaveBeenCalledExactlyOnceWith("camera", "c1");
    press("Stop video");
    expect(want).toHaveBeenCalledExactlyOnceWith("camera", false);
  });

  it.each([
    ["missing", /No camera was found/],
    ["denied", /does not let this page use your camera.*try again/],
    ["in_use", /in use by another program/],
    ["insecure", /loaded over https/],
    ["failed", /could not be started/],
  ] as const)("says of a camera that is %s what is wrong, and tries again", (camera, said) => {
    const { prepare } = show({
      ...lobby,
      setup: { ...setup, report: { camera, microphone: null } },
    });
    expect(text('[role="alert"]')).toMatch(said);
    prepare.mockClear();
    press("Try again");
    expect(prepare).toHaveBeenCalledOnce();
  });

  it("says that nothing comes from the microphone, unless it is meant to be off", () => {
    const silent = { ...setup, silent: true, report: { camera: null, microphone: null } };
    show({ ...lobby, setup: silent });
    expect(text('[role="alert"]')).toMatch(/Nothing comes from your microphone/);
    const wanted = { camera: true, microphone: false };
    show({ ...lobby, setup: { ...silent, preferences: { ...setup.preferences, wanted } } });
    expect(text('.setup [role="status"]')).toBe(" Your devices are ready.");
  });

  it("leads to the video server's own page when the browser may not trust it", () => {
    const link = "https://video.example/openvidu/api/config/openvidu-publicurl";
    show({ ...lobby, problem: { code: "video_unreachable", link } });
    const anchor = root.querySelector<HTMLAnchorElement>('[role="alert"] a');
    expect(anchor?.href).toBe(link);
    expect(anchor?.rel).toBe("noopener noreferrer");
  });

  it("says who is logged in, and logs out", () => {
    const { logOut } = show(lobby);
    expect(text(".whoami .names")).toBe("publisher1Publisher");
    press("Log out");
    expect(logOut).toHaveBeenCalledOnce();
  });
});

describe("joining", () => {
  it("says that it takes long once it does, and can be cancelled", () => {
    show(joining);
    expect(text('[role="status"]')).toBe("One moment");
    const { cancelJoin } = show({ ...joining, wait: "slow" });
    expect(text('[role="status"]')).toMatch(/longer than usual/);
    press("Cancel");
    expect(cancelJoin).toHaveBeenCalledOnce();
  });
});

describe("a call that has ended", () => {
  it("says what kept us from rejoining it", () => {
    const identity = ann;
    const problem = { code: "rejoin_given_up" } as const;
    show({ screen: "ended", because: "network", problem, identity, choice, setup });
    expect(root.textContent).toContain("This page has tried to rejoin for ten minutes.");
    expect(texts("button")).toEqual(["Join again", "Another call"]);
  });

  it.each([
    ["removed", /removed from the call/],
    ["closed", /call was closed/],
    ["network", /connection was lost/],
    ["pageLeft", /left the call/],
    ["other", /call has ended/],
  ] as const)("because of %s says so, and one click joins again", (because, title) => {
    const { join, endSeen } = show({
      screen: "ended",
      because,
      problem: null,
      identity: ann,
      choice,
      setup,
    });
    expect(text("h1")).toMatch(title);
    expect(document.title).toMatch(title);
    expect(document.activeElement).toBe(root.querySelector("h1"));
    press("Join again");
    expect(join).toHaveBeenCalledExactlyOnceWith(choice);
    press("Another call");
    expect(endSeen).toHaveBeenCalledOnce();
  });
});

describe("a page that cannot start", () => {
  it("says why, and starts again by one click", () => {
    const reload = vi.spyOn(location, "reload").mockImplementation(() => undefined);
    show({ screen: "broken", problem: { code: "config_unreadable" } });
    expect(text('[role="alert"]')).toMatch(/not set up completely/);
    press("Try again");
    expect(reload).toHaveBeenCalledOnce();
  });
});
