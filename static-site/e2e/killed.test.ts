/**
 * A browser that is killed can tell nobody. With webhooks its person is forgotten as soon as the video
 * server has noticed; without them (the stack was started with NO_WEBHOOK) by the next sweep.
 */
import type { Browser } from "playwright-core";
import { afterEach, expect, it } from "vitest";
import { everythingIsOver, isConnected, isOnRecord } from "./backend";
import { launch, launchToBeKilled } from "./browser";
import { Person } from "./person";
import { isLiveKit } from "./video-server";

const webhook = process.env["NO_WEBHOOK"] === undefined;

/** How long the video server waits for somebody lost to come back (10 s, LiveKit 22 s), and then some. */
const untilNoticed = isLiveKit ? 40_000 : 20_000;

/** How long it takes from then on: one request, or until the minute is over and the sweep done. */
const untilForgotten = webhook ? 2_000 : 65_000;

const browsers: Browser[] = [];
afterEach(async () => {
  for (const browser of browsers.splice(0)) await browser.close();
});

it(
  "is forgotten, and who is still in the call stays in it",
  { timeout: 60_000 + untilNoticed + untilForgotten },
  async () => {
    const doomed = await launchToBeKilled();
    const other = await launch();
    browsers.push(doomed.browser, other);
    await Person.inCall(doomed.browser, "publisher1", "Killed", "Ann");
    const bob = await Person.inCall(other, "publisher2", "Killed", "Bob");
    await bob.seesTilesOf("publisher1", "publisher2");
    await bob.watches("publisher1");

    await doomed.kill();
    const connected = () => isConnected("publisher1");
    await expect.poll(connected, { timeout: untilNoticed, message: "connected" }).toBe(false);
    const onRecord = () => isOnRecord("publisher1");
    await expect.poll(onRecord, { timeout: untilForgotten, message: "on record" }).toBe(false);

    await bob.seesTilesOf("publisher2");
    expect(await isOnRecord("publisher2")).toBe(true);
    expect(await isConnected("publisher2")).toBe(true);
    await bob.press("Leave");
    await bob.sees("Join a call");
    await bob.goAway();
    await everythingIsOver();
  },
);
