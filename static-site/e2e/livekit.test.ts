/** A socket that is lost at LiveKit. At OpenVidu that is another story, told in `network.test.ts`. */
import { expect, it } from "vitest";
import { invite } from "./guests";
import { isLiveKit } from "./video-server";
import { cuttableWire, wireOf } from "./wire";

const { come } = invite();

it.runIf(isLiveKit)("a lost socket is not mentioned, as media flows on", async () => {
  const ann = await come("publisher1", "Socket", "Ann");
  const bob = await come("publisher2", "Socket", "Bob", { script: cuttableWire });
  await bob.watches("publisher1");
  const wire = wireOf(bob);
  await wire.cut();
  await expect.poll(wire.failures, { timeout: 20_000 }).toBeGreaterThanOrEqual(2);
  await bob.watches("publisher1");
  await ann.watches("publisher2");
  expect(await bob.page.getByText("Connection lost").count()).toBe(0);
  await wire.mend();
  // Only the socket can tell that.
  await ann.press("Leave");
  await bob.seesTilesOf("publisher2");
});
