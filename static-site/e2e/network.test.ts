/** A connection that is cut, for a while and for good, and a video server that has forgotten. */
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { baseUrl, launch } from "./browser";
import { closeCalls, everythingIsOver, startVideoServer, stopVideoServer } from "./backend";
import { Person } from "./person";

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

const guests: Person[] = [];
afterEach(async () => {
  for (const guest of guests.splice(0)) await guest.goAway();
  await everythingIsOver();
});

async function two(call: string) {
  const ann = await Person.inCall(browser, "publisher1", call, "Ann");
  const bob = await Person.loggedIn(browser, "publisher2", { script: makeWireCuttable });
  guests.push(ann, bob);
  await bob.enter(call, "Bob");
  await bob.watches("publisher1");
  const wire = {
    cut: () => bob.page.evaluate(() => window.wire.cut()),
    mend: () => bob.page.evaluate(() => window.wire.mend()),
    /** How often the page has tried in vain. */
    failures: () => bob.page.evaluate(() => window.wire.failures),
  };
  return { ann, bob, wire };
}

declare global {
  interface Window {
    wire: { failures: number; cut(): void; mend(): void };
  }
}

/** Runs in the page. Once cut, nothing comes through and every new socket fails as for want of a network. */
function makeWireCuttable(): void {
  let isCut = false;
  const sockets: WebSocket[] = [];
  window.wire = {
    failures: 0,
    cut() {
      isCut = true;
      // As for a network that goes away: nobody says farewell.
      for (const socket of sockets.splice(0)) socket.close(4104);
    },
    mend: () => void (isCut = false),
  };
  window.WebSocket = class extends WebSocket {
    constructor(address: string | URL) {
      // The server knows nothing at that address, and refuses the handshake.
      super(isCut ? new URL("/nowhere", address) : address);
      if (isCut) window.wire.failures += 1;
      else sockets.push(this);
    }
  };
}

const lost = "The connection is lost. Trying to get it back.";

describe("a connection that is lost", () => {
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

  it("ends the call when it does not come back, and one click joins again", async () => {
    const { ann, bob, wire } = await two("Cable");
    await wire.cut();
    await bob.reads(lost);
    await ann.seesTilesOf("publisher1");
    await bob.page
      .getByRole("heading", { name: "The connection was lost" })
      .waitFor({ timeout: 45_000 });
    await wire.mend();
    await bob.press("Join again");
    await bob.seesCall("Cable");
    await bob.watches("publisher1");
  });
});

describe("a video server that is restarted", () => {
  afterEach(startVideoServer);

  it("is said to be away, and one click leads back into the call once it is there", async () => {
    const { ann, bob } = await two("Restart");
    await ann.watches("publisher2");
    await stopVideoServer();
    for (const person of [ann, bob]) await person.sees("The connection was lost");
    await bob.meetsNoBarrier();
    await bob.press("Join again");
    await bob.reads("The video server cannot be reached just now. Try again in a minute.");
    await startVideoServer();
    await bob.press("Join");
    await ann.press("Join again");
    for (const person of [ann, bob]) await person.seesCall("Restart");
    await ann.watches("publisher2");
    await bob.watches("publisher1");
  });
});

describe("a video server that comes back while nobody could reach it", () => {
  it("has forgotten the call, which one click opens again", async () => {
    const { ann, bob, wire } = await two("Forgotten");
    await wire.cut();
    await bob.reads(lost);
    await closeCalls();
    await ann.sees("The call was closed");
    await wire.mend();
    await bob.sees("The connection was lost");
    await bob.press("Join again");
    await bob.seesCall("Forgotten");
    await ann.press("Join again");
    await ann.watches("publisher2");
  });
});

describe("without any connection", () => {
  it("the page says that one is offline, and goes on once it is back", async () => {
    const ann = await Person.arrive(browser, { serviceWorkers: "allow" });
    guests.push(ann);
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
