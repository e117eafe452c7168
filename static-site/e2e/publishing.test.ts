/** What is sent is what the page shows: devices that change fast, slow sockets, and lost replies. */
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { everythingIsOver } from "./backend";
import { launch } from "./browser";
import { Person } from "./person";
import { colourAt, paintCameras } from "./picture";

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

async function come(user: string, call: string, nickname: string, script?: string) {
  const person = await Person.loggedIn(browser, user, script === undefined ? {} : { script });
  guests.push(person);
  await person.enter(call, nickname);
  return person;
}

declare global {
  interface Window {
    /** Frames that the page has sent, in turn: the method of each. */
    sent: string[];
    /** Tracks that the page has opened. */
    opened: MediaStreamTrack[];
    /** Closes the socket right after the next frame of this method. */
    closeAfter: string | null;
  }
}

/** Runs in the page: makes its sockets slow, and able to be cut right after a frame. */
const watchSockets = (latency: number): string => `(${slowSockets.toString()})(${latency})`;

function slowSockets(latency: number): void {
  window.sent = [];
  window.closeAfter = null;
  window.WebSocket = class extends WebSocket {
    override send(data: string): void {
      const { method } = JSON.parse(data) as { method: string };
      setTimeout(() => {
        if (this.readyState !== WebSocket.OPEN) return;
        window.sent.push(method);
        super.send(data);
        if (window.closeAfter !== method) return;
        window.closeAfter = null;
        this.close(4104);
      }, latency);
    }
  };
  window.opened = [];
  const { mediaDevices } = navigator;
  const getUserMedia = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = async (constraints) => {
    const stream = await getUserMedia(constraints);
    window.opened.push(...stream.getTracks());
    return stream;
  };
}

const frames = (person: Person, method: string) =>
  person.page.evaluate((name) => window.sent.filter((each) => each === name).length, method);

/** Devices that are open, by kind. */
const openDevices = (person: Person) =>
  person.page.evaluate(() =>
    window.opened
      .filter(({ readyState }) => readyState === "live")
      .map(({ kind }) => kind)
      .sort(),
  );

/** Picks two cameras, the second one 50 ms after the first, as two keys do. */
const pickTwice = (person: Person) =>
  person.page.evaluate(async () => {
    const picker = document.querySelector<HTMLSelectElement>(".panel select");
    if (picker === null) throw new Error("no list of cameras");
    const options = [...picker.options].map(({ value }) => value);
    for (const value of options.slice(-2)) {
      picker.value = value;
      picker.dispatchEvent(new Event("change", { bubbles: true }));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });

describe("two changes of a device, 50 ms apart", () => {
  it.each([0, 60, 150])(
    "leave one on the air and in the picture, with %i ms to the server",
    async (latency) => {
      const ann = await come(
        "publisher1",
        "Keys",
        "Ann",
        `${paintCameras("red", "green")}; ${watchSockets(latency)}`,
      );
      const bob = await come("publisher2", "Keys", "Bob");
      await bob.watches("publisher1");
      await bob.page.evaluate(keepDepartures);
      await ann.press("Settings");
      for (let run = 0; run < 10; run += 1) {
        await pickTwice(ann);
        await expect.poll(() => openDevices(ann)).toEqual(["audio", "video"]);
        expect(await ann.tileOf("publisher1").count()).toBe(1);
        const picture = bob.tileOf("publisher1").locator("video");
        await expect.poll(() => colourAt(bob.page, picture), { timeout: 10_000 }).toBe("green");
        await ann.page.getByRole("button", { name: "Mute", exact: true }).waitFor();
        await ann.page.getByRole("button", { name: "Stop video", exact: true }).waitFor();
      }
      expect(await ann.page.locator('.notices [role="alert"]').count()).toBe(0);
      expect(await frames(ann, "publishVideo")).toBe(1);
      expect(await frames(ann, "unpublishVideo")).toBe(0);
      // The others saw no gap: her tile never went away.
      expect(await bob.page.evaluate(() => window.departures)).toEqual([]);
      await bob.watches("publisher1");
    },
  );
});

declare global {
  interface Window {
    departures: string[];
  }
}

/** Runs in the page: notes every tile that goes from now on. */
function keepDepartures(): void {
  window.departures = [];
  const tiles = document.querySelector(".tiles");
  if (tiles === null) throw new Error("no tiles");
  new MutationObserver((changes) => {
    for (const { removedNodes } of changes) {
      for (const node of removedNodes) window.departures.push((node as Element).outerHTML);
    }
  }).observe(tiles, { childList: true });
}

describe("a socket that closes right after what one sends is offered", () => {
  it("costs nothing but a moment", async () => {
    const ann = await come("publisher1", "Blip", "Ann");
    const script = `${watchSockets(0)}; window.closeAfter = "publishVideo";`;
    const bob = await come("publisher2", "Blip", "Bob", script);
    await ann.watches("publisher2");
    await bob.watches("publisher1");
    await bob.page.getByRole("button", { name: "Mute", exact: true }).waitFor();
    expect(await bob.page.locator('.notices [role="alert"]').count()).toBe(0);
    expect(await openDevices(bob)).toEqual(["audio", "video"]);
  });
});

describe("a camera that is off", () => {
  it("is let go of, and the microphone stays open", async () => {
    const ann = await come("publisher1", "Light", "Ann", watchSockets(0));
    await ann.press("Stop video");
    await expect.poll(() => openDevices(ann)).toEqual(["audio"]);
    await ann.press("Start video");
    await expect.poll(() => openDevices(ann)).toEqual(["audio", "video"]);
    await ann.press("Leave");
    await ann.sees("Join a call");
  });
});

describe("a device that is missing at first", () => {
  it("is started later without leaving the call", async () => {
    const script = `(${hideDevices.toString()})()`;
    const ann = await come("publisher1", "Late", "Ann", script);
    const bob = await come("publisher2", "Late", "Bob");
    await ann.reads("No camera and no microphone were found.");
    await bob.seesTilesOf("publisher1", "publisher2");
    await ann.page.evaluate(() => window.plugIn());
    await ann.page.getByText("No camera and no microphone").waitFor({ state: "detached" });
    await ann.press("Start video");
    await bob.watches("publisher1");
    await ann.press("Unmute");
    const muted = bob.tileOf("publisher1").locator(".tile-mark");
    await muted.waitFor({ state: "detached" });
  });
});

declare global {
  interface Window {
    plugIn(): void;
  }
}

/** Runs in the page: there are no devices until they are plugged in. */
function hideDevices(): void {
  const { mediaDevices } = navigator;
  const enumerate = mediaDevices.enumerateDevices.bind(mediaDevices);
  let plugged = false;
  mediaDevices.enumerateDevices = async () => (plugged ? enumerate() : []);
  window.plugIn = () => {
    plugged = true;
    mediaDevices.dispatchEvent(new Event("devicechange"));
  };
}

describe("leaving", () => {
  it("leaves nothing of the call behind, however often one joins", async () => {
    const bob = await come("publisher2", "Again", "Bob");
    const ann = await come("publisher1", "Again", "Ann", `(${keepTrackOfSessions.toString()})()`);
    for (let joined = 1; joined < 20; joined += 1) {
      await ann.watches("publisher2");
      await ann.press("Leave");
      await ann.sees("Join a call");
      await ann.enter("Again", "Ann");
    }
    await ann.press("Leave");
    await bob.seesTilesOf("publisher2");
    // The last one waits a little for the server's reply to its leaving.
    const count = () => countSessions(ann);
    await expect.poll(count, { timeout: 30_000 }).toEqual({ alive: 0, made: 20 });
  });
});

declare global {
  interface Window {
    sessions: WeakRef<object>[];
  }
}

/** Runs in the page: keeps track of the video library's sessions, which bind their methods to themselves. */
function keepTrackOfSessions(): void {
  window.sessions = [];
  const known = new WeakSet();
  const { bind } = Function.prototype as Record<"bind", (...args: unknown[]) => unknown>;
  Function.prototype.bind = function (this: unknown, ...args: unknown[]) {
    const [owner] = args;
    if (typeof owner === "object" && owner !== null && "remoteConnections" in owner) {
      if (!known.has(owner)) window.sessions.push(new WeakRef(owner));
      known.add(owner);
    }
    return bind.apply(this, args);
  };
}

/** How many sessions of the video library the page still holds, and how many there were. */
async function countSessions({ page }: Person): Promise<{ alive: number; made: number }> {
  // The tests themselves keep these.
  await page.evaluate(() => void (window.peerConnections.length = 0));
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("HeapProfiler.collectGarbage");
  await devtools.detach();
  return page.evaluate(() => ({
    alive: window.sessions.filter((session) => session.deref() !== undefined).length,
    made: window.sessions.length,
  }));
}
