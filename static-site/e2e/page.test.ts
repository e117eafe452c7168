/** The page itself: logging in, the keyboard, a phone, other people's words. */
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { closeCalls, evict, everythingIsOver, isConnected } from "./backend";
import { baseUrl, launch, launchToKeepPages } from "./browser";
import { Person } from "./person";

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

const guests: Person[] = [];
const keep = (person: Person): Person => {
  guests.push(person);
  return person;
};
afterEach(async () => {
  for (const guest of guests.splice(0)) await guest.goAway();
  await everythingIsOver();
});

const phone = { viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true };

describe("logging in", () => {
  it("says so when the password is wrong", async () => {
    const ann = keep(await Person.arrive(browser));
    await ann.logIn("publisher1", "wrong");
    await ann.reads("Wrong user name or password.");
    await ann.logIn("publisher1");
    await ann.sees("Join a call");
  });

  it("survives a reload, and ends for good", async () => {
    const ann = keep(
      await Person.loggedIn(browser, "publisher1", { path: "/?call=From%20a%20link" }),
    );
    await ann.sees("Join a call");
    await ann.page.reload();
    await ann.sees("Join a call");
    expect(await ann.page.getByLabel("Call name").inputValue()).toBe("From a link");
    await ann.press("Log out");
    await ann.sees("Log in");
    await ann.page.reload();
    await ann.sees("Log in");
  });

  it("is asked for again when the login has ended elsewhere", async () => {
    const ann = keep(await Person.loggedIn(browser, "publisher1"));
    await ann.sees("Join a call");
    await ann.page.reload();
    await ann.page.context().clearCookies();
    await ann.fillIn("Expired", "Ann");
    await ann.press("Join");
    await ann.sees("Log in");
    await ann.reads("Your login has expired. Please log in again.");
  });
});

describe("before the call", () => {
  it("one sees and hears oneself, and comes in as one wishes", async () => {
    const bob = keep(await Person.inCall(browser, "publisher2", "Quietly", "Bob"));
    const ann = keep(await Person.loggedIn(browser, "publisher1"));
    await ann.reads("Your devices are ready.");
    const loudness = () =>
      ann.page.getByRole("meter").evaluate((meter: HTMLMeterElement) => meter.value);
    await expect.poll(loudness, { timeout: 10_000 }).toBeGreaterThan(0.1);
    const width = () =>
      ann.page.locator(".preview video").evaluate((video: HTMLVideoElement) => video.videoWidth);
    await expect.poll(width).toBeGreaterThan(0);
    await ann.press("Mute");
    await ann.press("Stop video");
    await ann.reads("Camera off");
    await ann.enter("Quietly", "Ann");
    const tile = bob.tileOf("publisher1");
    await tile.getByText("microphone off").waitFor();
    await tile.locator(".avatar").waitFor();
    await ann.press("Start video");
    await tile.locator(".avatar").waitFor({ state: "detached" });
    await bob.watches("publisher1");
    await tile.getByText("microphone off").waitFor();
  });
});

describe("reloading in a call", () => {
  it("is asked about, and leads back into the call with a new token", async () => {
    const ann = keep(await Person.inCall(browser, "publisher1", "Sala 1 & 2", "Ann"));
    const bob = keep(await Person.inCall(browser, "publisher2", "Sala 1 & 2", "Bob"));
    await bob.watches("publisher1");
    const asked: string[] = [];
    ann.page.on("dialog", (dialog) => {
      asked.push(dialog.type());
      void dialog.accept();
    });
    await ann.page.reload();
    expect(asked).toEqual(["beforeunload"]);
    await ann.seesCall("Sala 1 & 2");
    await ann.seesTilesOf("publisher1", "publisher2");
    await bob.seesTilesOf("publisher1", "publisher2");
    await ann.watches("publisher2");
    await bob.watches("publisher1");
    await ann.press("Leave");
    await ann.sees("Join a call");
    await ann.page.reload();
    await ann.sees("Join a call");
    expect(await ann.page.getByLabel("Call name").inputValue()).toBe("Sala 1 & 2");
    expect(await ann.page.getByLabel("Your nickname").inputValue()).toBe("Ann");
  });
});

describe("going on to another page in a call, and back", () => {
  it("leaves the call, and offers to join it again", async () => {
    const ann = keep(await Person.inCall(browser, "publisher1", "Detour", "Ann"));
    const bob = keep(await Person.inCall(browser, "publisher2", "Detour", "Bob"));
    await bob.watches("publisher1");
    await ann.page.goto("about:blank");
    await bob.seesTilesOf("publisher2");
    await ann.page.goBack();
    await ann.sees("Join a call");
    expect(await isConnected("publisher1")).toBe(false);
    await ann.press("Join");
    await ann.seesCall("Detour");
    await ann.seesTilesOf("publisher1", "publisher2");
    await bob.seesTilesOf("publisher1", "publisher2");
    await bob.watches("publisher1");
  });
});

describe("a page that the browser keeps when one goes on in a call", () => {
  it("has left the call, says so when one comes back, and offers to join it again", async () => {
    const keeping = await launchToKeepPages();
    const ann = await Person.inCall(keeping, "publisher1", "Kept", "Ann");
    const bob = keep(await Person.inCall(browser, "publisher2", "Kept", "Bob"));
    await bob.watches("publisher1");
    await ann.page.goto(`${baseUrl}/offline.html`);
    await bob.seesTilesOf("publisher2");
    // Playwright's own way back waits for a page to be loaded.
    await ann.page.evaluate(() => history.back());
    await ann.sees("You left the call");
    expect(await isConnected("publisher1")).toBe(false);
    await ann.meetsNoBarrier();
    await ann.press("Join again");
    await ann.seesCall("Kept");
    await bob.seesTilesOf("publisher1", "publisher2");
    await ann.watches("publisher2");
    await ann.goAway();
    await keeping.close();
  });
});

describe("the keyboard alone", () => {
  it("logs in, joins, chooses a video and leaves", async () => {
    const ann = keep(await Person.arrive(browser));
    const { keyboard } = ann.page;
    const tabTo = async (name: string) => {
      await keyboard.press("Tab");
      const focused = ann.page.locator(":focus");
      const named = (await focused.getAttribute("aria-label")) ?? (await focused.innerText());
      expect(named).toContain(name);
    };

    await ann.sees("Log in");
    await keyboard.type("publisher1");
    await keyboard.press("Tab");
    await keyboard.type("pass");
    await keyboard.press("Enter");

    await ann.sees("Join a call");
    await keyboard.type("Keys");
    await keyboard.press("Tab");
    await keyboard.type("Ann");
    await keyboard.press("Enter");

    await ann.seesCall("Keys");
    await ann.seesTilesOf("publisher1");
    await ann.page.getByRole("button", { name: "Mute" }).waitFor();
    for (const tool of ["Copy link", "Gallery", "Full screen"]) await tabTo(tool);
    await tabTo("Ann");
    await keyboard.press("Enter");
    expect(await ann.tileOf("publisher1").getAttribute("aria-pressed")).toBe("true");
    await tabTo("Copy link");
    for (const device of ["Mute", "Stop video", "Show screen"]) await tabTo(device);
    for (const panel of ["Chat", "People", "Settings"]) await tabTo(panel);
    await tabTo("Leave");
    await keyboard.press("Enter");
    await ann.sees("Join a call");
  });
});

describe.each(["light", "dark"] as const)("every screen, in the %s", (colorScheme) => {
  it("puts no barrier in anybody's way", async () => {
    const bob = keep(await Person.inCall(browser, "publisher2", "Open to all", "Bob"));
    const ann = keep(await Person.arrive(browser, { colorScheme, script: forbidCamera }));
    await ann.page.route("**/config.json", (route) => route.fulfill({ status: 404 }));
    await ann.page.reload();
    await ann.reads(/^This site is not set up completely/);
    await ann.meetsNoBarrier();
    await ann.page.unroute("**/config.json");
    await ann.press("Try again");
    await ann.press("Log in");
    await ann.reads("Enter your user name.");
    await ann.meetsNoBarrier();
    await ann.logIn("publisher1");
    await ann.reads(/does not let this page use your camera/);
    await ann.press("Join");
    await ann.reads("Enter a call name.");
    await ann.meetsNoBarrier();
    await ann.page.route("**/api-sessions/get-token", neverAnswer);
    await ann.fillIn("Open to all", "Ann");
    await ann.press("Join");
    await ann.reads("This is taking longer than usual.");
    await ann.meetsNoBarrier();
    await ann.press("Cancel");
    await ann.page.unroute("**/api-sessions/get-token");
    await ann.enter("Open to all", "Ann");
    await bob.press("Mute");
    await ann.reads("microphone off");
    await ann.reads(/does not let this page use your camera/);
    await ann.meetsNoBarrier();
    for (const panel of ["Chat", "People", "Settings"]) {
      await ann.press(panel);
      await ann.page.getByRole("heading", { level: 2, name: panel }).waitFor();
      await ann.meetsNoBarrier();
    }
    await ann.page.getByRole("button", { name: "Gallery" }).click();
    await ann.meetsNoBarrier();
    await evict("publisher1");
    await ann.sees("You were removed from the call");
    await ann.meetsNoBarrier();
    await ann.press("Join again");
    await ann.seesCall("Open to all");
    await closeCalls();
    await ann.sees("The call was closed");
    await ann.meetsNoBarrier();
  });
});

describe("a phone", () => {
  it("shows every screen without scrolling sideways", async () => {
    const fits = async (person: Person) => {
      const [content, window] = await person.page.evaluate(() => [
        document.documentElement.scrollWidth,
        document.documentElement.clientWidth,
      ]);
      expect(content).toBe(window);
    };
    const ann = keep(await Person.arrive(browser, phone));
    await ann.sees("Log in");
    await fits(ann);
    await ann.logIn("publisher1");
    await ann.sees("Join a call");
    await fits(ann);
    const call = "W".repeat(64);
    await ann.fillIn(call, "M".repeat(64));
    await ann.press("Join");
    await ann.seesCall(call);
    await ann.seesTilesOf("publisher1");
    await fits(ann);
    await ann.page.getByRole("button", { name: "Gallery" }).click();
    await fits(ann);
    for (const panel of ["Chat", "People", "Settings"]) {
      await ann.press(panel);
      await ann.page.getByRole("heading", { level: 2, name: panel }).waitFor();
      await fits(ann);
      await ann.press("Close");
    }
  });
});

describe("other people's words", () => {
  it("are text and nothing else", async () => {
    const nickname = `<img src=x onerror="document.title='broken in'">`;
    const ann = keep(await Person.inCall(browser, "publisher1", "<b>Bold</b>", nickname));
    const bob = keep(await Person.inCall(browser, "publisher2", "<b>Bold</b>", "Bob"));
    await bob.seesTilesOf("publisher1", "publisher2");
    expect(await bob.tileOf("publisher1").locator(".nickname").innerText()).toBe(nickname);
    expect(await bob.page.locator("img, b").count()).toBe(0);
    expect(await bob.page.title()).toBe("<b>Bold</b> · Rooms");
    await ann.seesTilesOf("publisher1", "publisher2");
  });
});

describe("a call that ends from outside", () => {
  it("says that one was removed, and one click joins again", async () => {
    const ann = keep(await Person.inCall(browser, "publisher1", "Removed", "Ann"));
    const bob = keep(await Person.inCall(browser, "publisher2", "Removed", "Bob"));
    await bob.seesTilesOf("publisher1", "publisher2");
    await evict("publisher2");
    await bob.sees("You were removed from the call");
    await ann.seesTilesOf("publisher1");
    await bob.press("Join again");
    await bob.seesCall("Removed");
    await bob.watches("publisher1");
  });

  it("says that the call was closed", async () => {
    const ann = keep(await Person.inCall(browser, "publisher1", "Closed", "Ann"));
    await ann.seesTilesOf("publisher1");
    await closeCalls();
    await ann.sees("The call was closed");
  });
});

describe("without a camera", () => {
  it("one still joins, is heard and sees the others", async () => {
    const ann = keep(await Person.inCall(browser, "publisher1", "Dark", "Ann"));
    const bob = keep(await Person.loggedIn(browser, "publisher2", { script: forbidCamera }));
    await bob.enter("Dark", "Bob");
    await bob.reads(/does not let this page use your camera\. .*The others can hear you/);
    await bob.watches("publisher1");
    await ann.seesTilesOf("publisher1", "publisher2");
    await ann.tileOf("publisher2").locator(".avatar").waitFor();
  });
});

/** As a server that is so busy that one gives up first. */
const neverAnswer = (): void => undefined;

/** Runs in the page: there is a microphone only. */
function forbidCamera(): void {
  const { mediaDevices } = navigator;
  const original = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = (constraints) =>
    constraints?.video
      ? Promise.reject(new DOMException("Permission denied", "NotAllowedError"))
      : original(constraints);
}
