/** A connection that is away for a moment while something happens in the call. */
import { describe, expect, it } from "vitest";
import { invite } from "./guests";
import type { Person } from "./person";
import { isLiveKit } from "./video-server";
import { cuttableWire, wireOf } from "./wire";

const { come } = invite();

/** Everybody whom `person` sees in the call, watching or sending. */
const roster = ({ page }: Person) =>
  page.locator(".tile .nickname, .watching .nickname").allInnerTexts();

const seesExactly = (person: Person, ...nicknames: string[]) =>
  expect
    .poll(async () => (await roster(person)).sort(), { timeout: 30_000 })
    .toEqual(nicknames.sort());

const lost = /Connection lost|Still no connection/;

type Happening = "nothing" | "joins" | "leaves" | "writes";

// OpenVidu evicts whoever is away while something happens. LiveKit does not: see `livekit.test.ts`.
describe.skipIf(isLiveKit)("somebody who is away for two seconds", () => {
  it.each<readonly Happening[]>([
    ["nothing"],
    ["joins"],
    ["leaves"],
    ["writes"],
    ["joins", "leaves", "writes"],
  ])("is in the call again, and sees who is there, while somebody %s", async (...happenings) => {
    const call = `Away ${happenings.join(" ")}`;
    const ann = await come("publisher1", call, "Ann", { script: cuttableWire });
    const bob = await come("publisher2", call, "Bob");
    const mo = await come("moderator", call, "Mo");
    const sue = await come("subscriber", call, "Sue");
    await seesExactly(ann, "Ann", "Bob", "Mo", "Sue");
    await ann.watches("moderator");
    await ann.press("Mute");
    await ann.press("Chat");
    await mo.page.locator(".tile", { hasText: "Ann" }).locator(".tile-mark").waitFor();

    const wire = wireOf(ann);
    await wire.cut();
    await ann.reads(lost);
    const here = new Map([
      ["Ann", ann],
      ["Bob", bob],
      ["Mo", mo],
      ["Sue", sue],
    ]);
    if (happenings.includes("joins")) {
      here.set("Eve", await come("publisher2", call, "Eve"));
    }
    if (happenings.includes("leaves")) {
      await bob.press("Leave");
      here.delete("Bob");
    }
    if (happenings.includes("writes")) {
      await mo.press("Chat");
      await mo.page.getByLabel("Message to everybody").fill("Where is Ann?");
      await mo.press("Send");
      await mo.reads("Where is Ann?");
    }
    await wire.mend();
    await ann.page.getByText(lost).waitFor({ state: "detached", timeout: 45_000 });

    for (const person of here.values()) await seesExactly(person, ...here.keys());
    await ann.watches("moderator");
    await mo.watches("publisher1");
    // Everything else is as it was.
    await ann.page.getByRole("button", { name: "Unmute", exact: true }).waitFor();
    await ann.page.getByLabel("Message to everybody").fill("Here again");
    await ann.press("Send");
    await mo.page.getByText("Here again").first().waitFor({ state: "attached" });
  });
});

// At LiveKit a screen has no connection of its own.
describe.skipIf(isLiveKit)("a screen whose own connection is away for two seconds", () => {
  it("is shown to everybody again", async () => {
    const call = "Screen away";
    const ann = await come("publisher1", call, "Ann", { script: cuttableWire });
    const bob = await come("publisher2", call, "Bob");
    await ann.press("Show screen");
    const screen = bob.page.locator(".tile[data-screen]");
    await screen.waitFor();
    // Each connection has a tile of its own, so a new one cannot be taken for this one.
    const before = await screen.elementHandle();
    const wire = wireOf(ann);
    await wire.cutScreen();
    await ann.reads("The others do not see your screen at the moment.");
    const mo = await come("moderator", call, "Mo");
    await before.waitForElementState("hidden", { timeout: 45_000 });
    await wire.mend();
    await ann.page.getByText("do not see your screen").waitFor({ state: "detached" });
    for (const person of [bob, mo]) {
      const shown = person.page.locator(".tile[data-screen] video");
      const width = () => shown.evaluate((video: HTMLVideoElement) => video.videoWidth);
      await expect.poll(width, { timeout: 45_000 }).toBeGreaterThan(0);
      await seesExactly(person, "Ann", "Ann", "Bob", "Mo");
      await person.watches("publisher1");
    }
    await ann.press("Stop screen");
    await screen.waitFor({ state: "detached" });
  });
});
