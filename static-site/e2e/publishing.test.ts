/** What is sent is what the page shows: devices that change fast, slow sockets, and lost replies. */
import { describe, expect, it } from "vitest";
import { openDevices, watchDevices } from "./devices";
import { invite } from "./guests";
import type { Person } from "./person";
import { colourAt, paintCameras } from "./picture";
import { cuttableWire, wireOf } from "./wire";

const { come } = invite();

declare global {
  interface Window {
    /** Frames that the page has sent, in turn: the method of each. */
    sent: string[];
    /** Closes the socket right after the next frame of this method. */
    closeAfter: string | null;
  }
}

const inPage = (...scripts: (() => void)[]) =>
  scripts.map((script) => `(${script.toString()})()`).join(";");

/** Runs in the page: makes its sockets slow, and able to be cut right after a frame. */
const slowSockets = (latency: number): string => `(${slowDown.toString()})(${latency})`;

function slowDown(latency: number): void {
  window.sent = [];
  window.closeAfter = null;
  window.WebSocket = class extends WebSocket {
    /** Frames leave in the order in which the page has sent them, whatever the timers do. */
    readonly #waiting: string[] = [];

    override send(data: string): void {
      this.#waiting.push(data);
      setTimeout(() => this.#sendNext(), latency);
    }

    #sendNext(): void {
      const data = this.#waiting.shift();
      if (data === undefined || this.readyState !== WebSocket.OPEN) return;
      const { method } = JSON.parse(data) as { method: string };
      window.sent.push(method);
      super.send(data);
      if (window.closeAfter !== method) return;
      window.closeAfter = null;
      this.close(4104);
    }
  };
}

const frames = (person: Person, method: string) =>
  person.page.evaluate((name) => window.sent.filter((each) => each === name).length, method);

/** Picks one camera 50 ms after the other, as two keys do. */
const pickInTurn = (person: Person, ...cameras: readonly number[]) =>
  person.page.evaluate(async (indices) => {
    const picker = document.querySelector<HTMLSelectElement>(".panel select");
    if (picker === null) throw new Error("no list of cameras");
    const options = [...picker.options].slice(-2);
    for (const index of indices) {
      picker.value = options[index]?.value ?? "";
      picker.dispatchEvent(new Event("change", { bubbles: true }));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }, cameras);

describe("two changes of a device, 50 ms apart", () => {
  it.each([0, 60, 150])(
    "leave one on the air and in the picture, with %i ms to the server",
    async (latency) => {
      const script = [paintCameras("red", "green"), slowSockets(latency), inPage(watchDevices)];
      const ann = await come("publisher1", "Keys", "Ann", { script: script.join(";") });
      const bob = await come("publisher2", "Keys", "Bob");
      await bob.watches("publisher1");
      await bob.page.evaluate(keepDepartures);
      await ann.press("Settings");
      for (let run = 0; run < 10; run += 1) {
        // The other colour each time: the picture before cannot be taken for the new one.
        const [last, colour] = run % 2 === 0 ? ([1, "green"] as const) : ([0, "red"] as const);
        await pickInTurn(ann, 1 - last, last);
        await expect.poll(() => openDevices(ann)).toEqual(["audio", "video"]);
        expect(await ann.tileOf("publisher1").count()).toBe(1);
        const picture = bob.tileOf("publisher1").locator("video");
        await expect.poll(() => colourAt(bob.page, picture), { timeout: 10_000 }).toBe(colour);
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
    const cut = `window.closeAfter = "publishVideo"`;
    const script = [slowSockets(0), inPage(watchDevices), cut].join(";");
    const bob = await come("publisher2", "Blip", "Bob", { script });
    await ann.watches("publisher2");
    await bob.watches("publisher1");
    await bob.page.getByRole("button", { name: "Mute", exact: true }).waitFor();
    expect(await bob.page.locator('.notices [role="alert"]').count()).toBe(0);
    expect(await openDevices(bob)).toEqual(["audio", "video"]);
  });
});

describe("a camera that is off", () => {
  it("is let go of, and the microphone stays open", async () => {
    const ann = await come("publisher1", "Light", "Ann", { script: watchDevices });
    await ann.press("Stop video");
    await expect.poll(() => openDevices(ann)).toEqual(["audio"]);
    await ann.press("Start video");
    await expect.poll(() => openDevices(ann)).toEqual(["audio", "video"]);
    await ann.press("Leave");
    await ann.sees("Join a call");
  });
});

describe("a microphone that is muted", () => {
  it("is not heard for a moment, whatever happens to it and to the connection", async () => {
    const bob = await come("publisher2", "Quiet", "Bob");
    await bob.press("Mute");
    const ann = await come("publisher1", "Quiet", "Ann", { script: cuttableWire });
    await bob.watches("publisher1");
    const before = await loudest(bob);
    await expect.poll(() => loudest(bob), { timeout: 30_000 }).toBeGreaterThan(before + audible);
    await ann.press("Mute");
    const muted = bob.tileOf("publisher1").locator(".tile-mark");
    await muted.waitFor();
    const silence = await quiet(bob);

    await ann.press("Settings");
    const microphones = ann.page.getByRole("combobox", { name: "Microphone" });
    await microphones.selectOption({ index: 1 });
    await ann.press("Stop video");
    await ann.press("Start video");
    await bob.watches("publisher1");
    expect(gained(silence, await heard(bob))).toBeLessThan(audible);

    const wire = wireOf(ann);
    await wire.cut();
    await ann.reads(lost);
    // Something happens in the call, so the server evicts her and she joins anew.
    const sue = await come("subscriber", "Quiet", "Sue");
    await wire.mend();
    await ann.page.getByText(lost).waitFor({ state: "detached", timeout: 45_000 });
    for (const person of [bob, sue]) await person.watches("publisher1");
    await muted.waitFor();
    expect(gained(silence, await heard(bob))).toBeLessThan(audible);
    expect(await loudest(sue)).toBeLessThan(audible);

    await ann.press("Unmute");
    await expect.poll(() => loudest(sue), { timeout: 30_000 }).toBeGreaterThan(audible);
  });
});

/** More than silence has. */
const audible = 1e-4;

const lost = /Connection lost|Still no connection/;

/** A figure of the sound that has come in over each connection since the page was loaded. */
const figures = ({ page }: Person, name: "totalAudioEnergy" | "totalSamplesDuration") =>
  page.evaluate(async (name) => {
    const sums: number[] = [];
    for (const connection of window.peerConnections) {
      let sum = 0;
      for (const report of (await connection.getStats()).values()) {
        const entry = report as { type: string; kind?: string } & Partial<
          Record<typeof name, number>
        >;
        if (entry.type === "inbound-rtp" && entry.kind === "audio") sum += entry[name] ?? 0;
      }
      sums.push(sum);
    }
    return sums;
  }, name);

const heard = (person: Person) => figures(person, "totalAudioEnergy");

/** The seconds of sound that have been played. */
const played = async (person: Person) =>
  Math.max(0, ...(await figures(person, "totalSamplesDuration")));

/**
 * What was heard when it became quiet. What was said before may still be on its way, and the sound of the
 * imitated microphone has pauses: so two seconds of it have to be silent.
 */
async function quiet(person: Person): Promise<number[]> {
  let silence = await heard(person);
  let since = await played(person);
  await expect
    .poll(
      async () => {
        const now = await heard(person);
        if (gained(silence, now) >= audible) {
          silence = now;
          since = await played(person);
        }
        return (await played(person)) - since;
      },
      { timeout: 30_000 },
    )
    .toBeGreaterThan(2);
  return silence;
}

const loudest = async (person: Person) => Math.max(0, ...(await heard(person)));

/** How much any connection has gained. One that has been closed counts for nothing. */
const gained = (before: readonly number[], after: readonly number[]) =>
  Math.max(0, ...after.map((energy, index) => energy - (before[index] ?? 0)));

describe("a device that is missing at first", () => {
  it("is started later without leaving the call", async () => {
    const ann = await come("publisher1", "Late", "Ann", { script: hideDevices });
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
    const script = inPage(keepTrackOfSessions, keepTrackOfEars);
    const ann = await come("publisher1", "Again", "Ann", { script });
    for (let joined = 1; joined < 20; joined += 1) {
      await ann.watches("publisher2");
      await ann.press("Leave");
      await ann.sees("Join a call");
      await ann.enter("Again", "Ann");
    }
    await ann.press("Leave");
    await bob.seesTilesOf("publisher2");
    // The last one waits a little for the server's reply to its leaving.
    await expect.poll(() => ears(ann), { timeout: 30_000 }).toEqual({ made: true, open: 1 });
    expect(await openPeerConnections(ann)).toBe(0);
    const count = () => countSessions(ann);
    // She left the last one while it still connected. Its publish and a request after it end by their own
    // time-outs, 30 s together.
    await expect.poll(count, { timeout: 60_000 }).toEqual({ alive: 0, made: 20 });
  }, 150_000);
});

declare global {
  interface Window {
    sessions: WeakRef<object>[];
    ears: WeakRef<AudioContext>[];
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

/** Runs in the page: keeps track of what listens to sound. */
function keepTrackOfEars(): void {
  window.ears = [];
  window.AudioContext = class extends AudioContext {
    constructor(options?: AudioContextOptions) {
      super(options);
      window.ears.push(new WeakRef<AudioContext>(this));
    }
  };
}

/** Whether each call had its own, and how many are open. One belongs to the meter of the join form. */
const ears = ({ page }: Person) =>
  page.evaluate(() => ({
    made: window.ears.length > 20,
    open: window.ears.filter((ref) => (ref.deref()?.state ?? "closed") !== "closed").length,
  }));

const openPeerConnections = ({ page }: Person) =>
  page.evaluate(
    () => window.peerConnections.filter((each) => each.connectionState !== "closed").length,
  );
