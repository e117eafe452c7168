/** The same page in Firefox, driven by WebDriver BiDi, with somebody in Chromium on the other side. */
import type { Browser } from "playwright-core";
import puppeteer, { type BrowserContext, type Browser as Firefox, type Page } from "puppeteer-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { everythingIsOver } from "./backend";
import { baseUrl, launch } from "./browser";
import { Person } from "./person";

let chromium: Browser;
let firefox: Firefox;
beforeAll(async () => {
  chromium = await launch();
  firefox = await puppeteer.launch({
    browser: "firefox",
    executablePath: process.env["FIREFOX"] ?? "/usr/bin/firefox-esr",
    extraPrefsFirefox: {
      // A camera and a microphone that do not exist.
      "media.navigator.streams.fake": true,
      // Allowed to every page. Switching the question off would do as well, but
      // then Firefox offers the video server no more than its default address.
      "permissions.default.camera": 1,
      "permissions.default.microphone": 1,
      // Media over the loopback interface.
      "media.peerconnection.ice.loopback": true,
      "media.autoplay.default": 0,
    },
  });
});
afterAll(() => Promise.all([chromium.close(), firefox.close()]));

const guests: Person[] = [];
const windows: BrowserContext[] = [];
/** What went wrong in a page that nobody expected. */
const faults: string[] = [];
afterEach(async () => {
  for (const guest of guests.splice(0)) await guest.goAway();
  for (const window of windows.splice(0)) await window.close();
  await everythingIsOver();
  expect(faults.splice(0)).toEqual([]);
});

const press = (page: Page, name: string) =>
  page.locator(`::-p-aria([name="${name}"][role="button"])`).click();

/** Types as a person does: a password field has no role to be found by. */
async function fill(page: Page, label: string, text: string): Promise<void> {
  await page.locator(`::-p-aria(${label})`).click();
  await page.keyboard.type(text);
}

const sees = (page: Page, heading: string) =>
  page.waitForFunction((wanted) => document.querySelector("h1")?.innerText === wanted, {}, heading);

/** Waits until the tiles are those of `users`. */
const seesTilesOf = (page: Page, ...users: string[]) =>
  page.waitForFunction(
    (wanted) => {
      const tiles = [...document.querySelectorAll<HTMLElement>(".tile")];
      return (
        tiles
          .map((tile) => tile.dataset["user"])
          .sort()
          .join() === wanted
      );
    },
    {},
    users.sort().join(),
  );

/** Waits until the video of `user` has played for more than a second. */
const watches = (page: Page, user: string) =>
  page.waitForFunction(
    (selector) => {
      const video = document.querySelector<HTMLVideoElement>(selector);
      return video !== null && video.videoWidth > 0 && video.currentTime > 1;
    },
    {},
    `.tile[data-user="${user}"] video`,
  );

/** Logs in and enters a call, in a window of its own. */
async function enter(user: string, call: string, nickname: string): Promise<Page> {
  const window = await firefox.createBrowserContext();
  windows.push(window);
  const page = await window.newPage();
  page.on("pageerror", (error) => faults.push(String(error)));
  await page.goto(baseUrl);
  await sees(page, "Log in");
  await fill(page, "User name", user);
  await fill(page, "Password", "pass");
  await press(page, "Log in");
  await sees(page, "Join a call");
  await fill(page, "Call name", call);
  await fill(page, "Your nickname", nickname);
  await press(page, "Join");
  await sees(page, call);
  return page;
}

it("lets people log in, join, see each other and somebody in Chromium, and leave", async () => {
  const cleo = await Person.inCall(chromium, "moderator", "Browsers", "Cleo");
  guests.push(cleo);
  const ann = await enter("publisher1", "Browsers", "Ann");
  const bob = await enter("publisher2", "Browsers", "Bob");

  for (const page of [ann, bob]) {
    await seesTilesOf(page, "publisher1", "publisher2", "moderator");
    await watches(page, "moderator");
  }
  await watches(ann, "publisher2");
  await watches(bob, "publisher1");
  await cleo.watches("publisher1");
  await cleo.watches("publisher2");

  await press(ann, "Mute");
  await cleo.tileOf("publisher1").getByText("microphone off").waitFor();

  await press(ann, "Leave");
  await sees(ann, "Join a call");
  await seesTilesOf(bob, "publisher2", "moderator");
  await press(bob, "Leave");
  await sees(bob, "Join a call");
  await cleo.seesTilesOf("moderator");
});
