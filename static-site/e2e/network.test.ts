/** A connection that is cut, for a while and for good, and a video server that has forgotten. */
import { afterEach, describe, expect, it } from "vitest";
import { closeCalls, startVideoServer, stopVideoServer } from "./backend";
import { baseUrl } from "./browser";
import { invite } from "./guests";
import { isLiveKit } from "./video-server";
import { cuttableWire, wireOf } from "./wire";

const { arrive, come } = invite();

async function two(call: string) {
  const ann = await come("publisher1", call, "Ann");
  const bob = await come("publisher2", call, "Bob", { script: cuttableWire });
  await bob.watches("publisher1");
  return { ann, bob, wire: wireOf(bob) };
}

const lost = /Connection lost|Still no connection/;

// Its wire is the socket. At LiveKit a lost socket alone interrupts nothing: see `livekit.test.ts`.
describe.skipIf(isLiveKit)("a connection that is lost", () => {
  it("is said to be lost, and comes back by itself after some tries", async () => {
    const { ann, bob, wire } = await two("Tunnel");
    await wire.cut();
    await bob.reads(lost);
    await bob.meetsNoBarrier();
    // The page tries every three seconds, so this takes more than five.
    await expect.poll(wire.failures, { timeout: 20_000 }).toBeGreaterThanOrEqual(3);
    await wire.mend();
    await bob.page.getByText(lost).waitFor({ state: "detached" });
    await bob.watches("publisher1");
    await ann.watches("publisher2");
  });

  it("is waited for when it takes long, and leads back into the call without a click", async () => {
    const { ann, bob, wire } = await two("Cable");
    await wire.cut();
    await bob.reads(lost);
    await ann.seesTilesOf("publisher1");
    await bob.reads("You will rejoin this call automatically");
    await bob.meetsNoBarrier();
    await wire.mend();
    await bob.page.getByText(lost).waitFor({ state: "detached", timeout: 45_000 });
    await bob.watches("publisher1");
    await ann.watches("publisher2");
  });

  it("is not waited for by somebody who leaves", async () => {
    const { ann, bob, wire } = await two("Enough");
    await wire.cut();
    await bob.reads("You will rejoin this call automatically");
    await bob.press("Leave");
    await bob.sees("Join a call");
    const joined: string[] = [];
    bob.page.on("request", (request) => {
      if (!request.url().endsWith("/get-token")) return;
      joined.push((request.postDataJSON() as { sessionName: string }).sessionName);
    });
    await wire.mend();
    // Whoever still waited for a network would ask for a token now, before the next call does.
    await bob.page.evaluate(() => window.dispatchEvent(new Event("online")));
    await bob.enter("Enough of it", "Bob");
    expect(joined).toEqual(["Enough of it"]);
    await ann.seesTilesOf("publisher1");
  });
});

describe("a video server that is restarted", () => {
  afterEach(startVideoServer);

  it("is waited for, and everybody is back in the call without a click", async () => {
    const { ann, bob } = await two("Restart");
    await ann.watches("publisher2");
    await stopVideoServer();
    for (const person of [ann, bob]) await person.reads(lost);
    await startVideoServer();
    for (const person of [ann, bob]) {
      await person.page.getByText(lost).waitFor({ state: "detached", timeout: 60_000 });
    }
    await ann.seesTilesOf("publisher1", "publisher2");
    await ann.watches("publisher2");
    await bob.watches("publisher1");
  });
});

describe.skipIf(isLiveKit)("a video server that comes back while nobody could reach it", () => {
  it("has forgotten the call, which is opened again", async () => {
    const { ann, bob, wire } = await two("Forgotten");
    await wire.cut();
    await bob.reads(lost);
    await closeCalls();
    await ann.sees("The call was closed");
    await wire.mend();
    await bob.page.getByText(lost).waitFor({ state: "detached", timeout: 45_000 });
    await bob.seesTilesOf("publisher2");
    await ann.press("Join again");
    await ann.watches("publisher2");
  });
});

describe("without any connection", () => {
  it("the page says that one is offline, and goes on once it is back", async () => {
    const ann = await arrive({ serviceWorkers: "allow" });
    await ann.sees("Log in");
    await ann.page.evaluate(() => navigator.serviceWorker.ready);
    // The worker takes over with the next page.
    await ann.page.goto(baseUrl);
    await ann.page.context().setOffline(true);
    await ann.page.goto(`${baseUrl}/?call=Later`);
    await ann.sees("You are offline");
    await ann.meetsNoBarrier();
    await ann.page.context().setOffline(false);
    await ann.page.getByRole("link", { name: "try again" }).click();
    await ann.sees("Log in");
  });
});
