/** Takes the pictures in docs/pictures: `make screenshots`. */
import { mkdir, readdir, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launch } from "./browser";
import { Person } from "./person";

const folder = fileURLToPath(new URL("../../docs/pictures/", import.meta.url));

const desktop = { viewport: { width: 1280, height: 800 } };
const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
const light = { colorScheme: "light" } as const;
const dark = { colorScheme: "dark" } as const;

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
  await mkdir(folder, { recursive: true });
});
afterAll(() => browser.close());

/** A person with a drawn face, so that nobody's picture is in the repository. */
const arrive = (look: object, wall: string, shirt: string) =>
  Person.arrive(browser, { ...look, script: `(${drawFace.toString()})("${wall}", "${shirt}")` });

const shoot = async ({ page }: Person, name: string) => {
  await page.screenshot({ path: `${folder}${name}.png`, animations: "disabled" });
};

it("every screen, on a desk and on a phone, in the light and in the dark", async () => {
  const ann = await arrive({ ...desktop, ...light }, "#cfd8d3", "#2f5d50");
  const bob = await arrive({ ...desktop, ...dark }, "#b9c6d6", "#8a4a3c");
  const mo = await arrive({ ...phone, ...light }, "#e0d3bd", "#34486b");
  const sue = await arrive({ ...phone, ...dark }, "#cccccc", "#333333");
  const call = "Weekly review";

  await ann.sees("Log in");
  await shoot(ann, "login-desktop-light");
  await sue.sees("Log in");
  await shoot(sue, "login-phone-dark");

  await ann.logIn("publisher1");
  await ann.fillIn(call, "Ann");
  await ann.reads("Your devices are ready.");
  await shoot(ann, "before-desktop-light");
  await mo.logIn("moderator");
  await mo.fillIn(call, "Mo");
  await mo.reads("Your devices are ready.");
  await shoot(mo, "before-phone-light");

  await ann.enter(call, "Ann");
  await ann.seesTilesOf("publisher1");
  await bob.logIn("publisher2");
  await bob.enter(call, "Bob");
  await mo.enter(call, "Mo");
  await sue.logIn("subscriber");
  await sue.enter(call, "Sue");
  for (const person of [ann, bob, mo, sue]) {
    await person.seesTilesOf("moderator", "publisher1", "publisher2");
    await person.watches("publisher1");
  }
  await mo.press("Mute");
  await ann.page.locator(".tile-mark").waitFor();
  await shoot(ann, "speaker-desktop-light");
  await shoot(mo, "speaker-phone-light");

  await bob.page.getByRole("button", { name: "Gallery" }).click();
  await bob.press("Chat");
  await say(ann, "The agenda is at https://example.org/agenda");
  await bob.page.locator(".message").waitFor();
  await say(bob, "Thanks, I have it open.");
  await ann.page.locator(".message", { hasText: "Thanks" }).waitFor();
  await shoot(bob, "gallery-chat-desktop-dark");
  await sue.page.getByRole("button", { name: "Gallery" }).click();
  await shoot(sue, "gallery-phone-dark");
  await mo.press("People");
  await shoot(mo, "people-phone-light");

  for (const person of [ann, bob, mo, sue]) await person.goAway();
  const names = await readdir(folder);
  const sizes = await Promise.all(names.map(async (name) => (await stat(folder + name)).size));
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(1_000_000);
});

async function say(person: Person, text: string): Promise<void> {
  const field = person.page.getByLabel("Message to everybody");
  if ((await field.count()) === 0) await person.page.getByRole("button", { name: /Chat/ }).click();
  await field.fill(text);
  await person.press("Send");
}

/** Runs in the page: its camera shows a drawn person. */
function drawFace(wall: string, shirt: string): void {
  const { mediaDevices } = navigator;
  const original = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = async (constraints) => {
    const stream = await original(constraints);
    const canvas = document.createElement("canvas");
    canvas.width = 960;
    canvas.height = 540;
    const context = canvas.getContext("2d");
    const ellipse = (colour: string, x: number, y: number, width: number, height: number) => {
      if (context === null) return;
      context.fillStyle = colour;
      context.beginPath();
      context.ellipse(x, y, width, height, 0, 0, 2 * Math.PI);
      context.fill();
    };
    setInterval(() => {
      if (context === null) return;
      context.fillStyle = wall;
      context.fillRect(0, 0, 960, 540);
      ellipse(shirt, 480, 600, 230, 200);
      ellipse("#5b4636", 480, 215, 118, 140);
      ellipse("#e2b996", 480, 245, 96, 118);
      for (const x of [446, 514]) ellipse("#3a2c22", x, 230, 8, 10);
      ellipse("#a8604f", 480, 300, 30, 9);
    }, 50);
    for (const track of stream.getVideoTracks()) {
      track.stop();
      stream.removeTrack(track);
      const [drawn] = canvas.captureStream(20).getVideoTracks();
      if (drawn !== undefined) stream.addTrack(drawn);
    }
    return stream;
  };
}
