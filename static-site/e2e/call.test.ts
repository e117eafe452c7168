/** Two people in a call, and those who come and go: the story of the whole product. */
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { everythingIsOver } from "./backend";
import { launch } from "./browser";
import { Person } from "./person";

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

/** Everybody who came to the story leaves after it. */
const guests: Person[] = [];
async function come(user: string, call: string, nickname: string): Promise<Person> {
  const person = await Person.inCall(browser, user, call, nickname);
  guests.push(person);
  return person;
}
afterEach(async () => {
  for (const guest of guests.splice(0)) await guest.goAway();
  await everythingIsOver();
});

describe("two people in a call", () => {
  it("see each other's video with names below it, until one leaves and then the other", async () => {
    const ann = await come("publisher1", "TUTORIAL", "Ann");
    await ann.reads("Nobody else is here yet");
    const bob = await come("publisher2", "TUTORIAL", "Bob");

    await ann.seesTilesOf("publisher1", "publisher2");
    await bob.seesTilesOf("publisher1", "publisher2");
    await ann.watches("publisher2");
    await bob.watches("publisher1");
    expect(await ann.tileOf("publisher2").locator(".names").innerText()).toBe("Bob\npublisher2");
    expect(await bob.tileOf("publisher1").locator(".names").innerText()).toBe("Ann\npublisher1");
    await ann.hears("Bob joined.");

    await bob.press("Leave");
    await bob.sees("Join a call");
    await ann.seesTilesOf("publisher1");
    await ann.hears("Bob left.");
    await ann.press("Leave");
    await ann.sees("Join a call");
    await everythingIsOver();

    await ann.press("Log out");
    await ann.sees("Log in");
  });

  it("choose whom they see large", async () => {
    const ann = await come("publisher1", "Large", "Ann");
    await come("publisher2", "Large", "Bob");
    await ann.seesTilesOf("publisher1", "publisher2");
    const large = ann.page.locator(".main-video .nickname");
    // As soon as he sends.
    await expect.poll(() => large.innerText()).toBe("Bob");
    await ann.tileOf("publisher1").click();
    expect(await large.innerText()).toBe("Ann");
    expect(await ann.tileOf("publisher1").getAttribute("aria-pressed")).toBe("true");
  });

  it("see everybody above the controls, also in a small window", async () => {
    const ann = await come("publisher1", "Small", "Ann");
    await come("publisher2", "Small", "Bob");
    await ann.seesTilesOf("publisher1", "publisher2");
    const covered: string[] = [];
    for (const [width, height] of [
      [1024, 600],
      [800, 600],
      [640, 480],
    ] as const) {
      await ann.page.setViewportSize({ width, height });
      const controls = await ann.page.locator(".call-foot").boundingBox();
      for (const user of ["publisher1", "publisher2"]) {
        const tile = await ann.tileOf(user).boundingBox();
        const end = (tile?.y ?? Infinity) + (tile?.height ?? 0);
        if (end > (controls?.y ?? 0)) covered.push(`${user} at ${width} x ${height}`);
      }
    }
    expect(covered).toEqual([]);
  });

  it("hear the others and not themselves", async () => {
    const ann = await come("publisher1", "Sound", "Ann");
    await come("publisher2", "Sound", "Bob");
    await ann.watches("publisher2");
    const muted = (selector: string) =>
      ann.page
        .locator(`${selector} video`)
        .evaluate((video: HTMLVideoElement) => [video.muted, video.paused]);
    expect(await muted('[data-user="publisher2"]')).toEqual([false, false]);
    expect(await muted('[data-user="publisher1"]')).toEqual([true, false]);
    expect(await muted(".main-video")).toEqual([true, false]);
  });
});

describe("two tabs of one window", () => {
  it("are two people, although they share the login's cookie", async () => {
    const ann = await come("publisher1", "Tabs", "Ann");
    const bob = await Person.arriveBeside(ann);
    guests.push(bob);
    await bob.logIn("publisher2");
    await bob.enter("Tabs", "Bob");
    await bob.watches("publisher1");
    await ann.seesTilesOf("publisher1", "publisher2");
    await ann.press("Leave");
    await ann.sees("Join a call");
    await bob.seesTilesOf("publisher2");
    expect(await ann.page.getByRole("alert").count()).toBe(0);
  });
});

describe("a device that is switched off", () => {
  it("is seen to be off by the others, and comes back", async () => {
    const ann = await come("publisher1", "Switches", "Ann");
    const bob = await come("publisher2", "Switches", "Bob");
    await ann.watches("publisher2");
    const bobsTile = ann.tileOf("publisher2");
    await bob.press("Mute");
    await bobsTile.getByText("microphone off").waitFor();
    await bob.press("Stop video");
    await bobsTile.locator(".avatar").waitFor();
    await bob.press("Unmute");
    await bob.press("Start video");
    await bobsTile.getByText("microphone off").waitFor({ state: "detached" });
    await bobsTile.locator(".avatar").waitFor({ state: "detached" });
    await ann.watches("publisher2");
  });
});

describe("a subscriber", () => {
  it("sees without sending and is seen in the list of those who watch", async () => {
    const ann = await come("publisher1", "Lecture", "Ann");
    const sue = await come("subscriber", "Lecture", "Sue");
    await sue.watches("publisher1");
    await sue.seesTilesOf("publisher1");
    expect(await sue.sendingVideo()).toBe(0);
    await ann.reads("Sue");
    await ann.seesTilesOf("publisher1");
    expect(await ann.page.locator(".watching .names").innerText()).toBe("Sue\nsubscriber");
  });
});

describe("a newcomer", () => {
  it("gets in although the token died because the only other person left in between", async () => {
    const ann = await come("publisher1", "Relay", "Ann");
    const bob = await Person.loggedIn(browser, "publisher2");
    guests.push(bob);

    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let tokens = 0;
    const firstToken = new Promise<void>((resolve) => {
      void bob.page.route("**/api-sessions/get-token", async (route) => {
        tokens += 1;
        const response = await route.fetch({ timeout: 60_000 });
        resolve();
        await released;
        await route.fulfill({ response });
      });
    });
    await bob.fillIn("Relay", "Bob");
    await bob.press("Join");
    await firstToken;
    await ann.press("Leave");
    await everythingIsOver();
    release();

    await bob.seesCall("Relay");
    expect(tokens).toBe(2);
    await ann.press("Join");
    await ann.seesCall("Relay");
    await ann.watches("publisher2");
    await bob.watches("publisher1");
  });
});

describe("a tab that is closed", () => {
  it("takes its person out of the call for the others, and off the records", async () => {
    const ann = await come("publisher1", "Closing", "Ann");
    const bob = await come("publisher2", "Closing", "Bob");
    await ann.seesTilesOf("publisher1", "publisher2");
    await bob.closeTab();
    await ann.seesTilesOf("publisher1");
    await ann.closeTab();
    await everythingIsOver();
  });

  it("tells the API, also when the page is left by its address", async () => {
    const ann = await Person.loggedIn(browser, "publisher1", { script: noteFarewell });
    guests.push(ann);
    await ann.enter("Address", "Ann");
    await ann.page.goto("about:blank");
    await everythingIsOver();
    await ann.page.goBack();
    const farewell = JSON.parse(
      await ann.page.evaluate(() => localStorage.getItem("farewell") ?? "null"),
    ) as unknown;
    const ticket = { sessionName: "Address", token: expect.stringMatching(/^wss?:/) as string };
    expect(farewell).toEqual({ url: "/api-sessions/remove-user", keepalive: true, body: ticket });
  });
});

/** Runs in the page. What a page sends while it goes away is seen by nobody but itself. */
function noteFarewell(): void {
  const original = window.fetch.bind(window);
  window.fetch = (url, init) => {
    const body = JSON.parse((init?.body as string | undefined) ?? "null") as unknown;
    const { keepalive } = init ?? {};
    if (keepalive) localStorage.setItem("farewell", JSON.stringify({ url, keepalive, body }));
    return original(url, init);
  };
}
