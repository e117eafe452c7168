/** The service worker, the page it keeps, and what makes the site installable. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { describe, expect, it, vi } from "vitest";

const file = (name: string) => new URL(`../public/${name}`, import.meta.url);
const read = (name: string) => readFileSync(file(name), "utf8");

interface FetchEvent {
  readonly request: { readonly url: string; readonly mode: string };
  readonly respondWith: (answer: Promise<unknown>) => void;
}

/** The worker with a browser around it whose network gives `fetch`. */
function start(fetch: () => Promise<unknown>) {
  const listeners = new Map<string, (event: never) => void>();
  const added: string[] = [];
  const cache = {
    addAll: (requests: { url: string }[]) => {
      added.push(...requests.map(({ url }) => url));
      return Promise.resolve();
    },
  };
  runInNewContext(read("service-worker.js"), {
    URL,
    fetch,
    Request: class {
      constructor(readonly url: string) {}
    },
    caches: {
      open: () => Promise.resolve(cache),
      match: (name: string) => Promise.resolve(`kept ${name}`),
    },
    self: {
      skipWaiting: () => Promise.resolve(),
      addEventListener: (type: string, listener: (event: never) => void) =>
        listeners.set(type, listener),
    },
  });
  const ask = async (url: string, mode: string) => {
    const respondWith = vi.fn<FetchEvent["respondWith"]>();
    const event: FetchEvent = { request: { url, mode }, respondWith };
    listeners.get("fetch")?.(event as never);
    return respondWith.mock.calls[0]?.[0];
  };
  const install = async () => {
    const waitUntil = vi.fn<(work: Promise<unknown>) => void>();
    listeners.get("install")?.({ waitUntil } as never);
    await waitUntil.mock.calls[0]?.[0];
    return added;
  };
  return { ask, install };
}

const offline = () => Promise.reject(new TypeError("no network"));
const site = "https://rooms.example";

describe("the service worker", () => {
  it("keeps nothing but the page for being offline", async () => {
    const kept = await start(offline).install();
    expect(kept).toEqual(["offline.html", "offline.css", "icon.svg"]);
    for (const name of kept) expect(existsSync(file(name)), name).toBe(true);
  });

  it("names what it keeps by its content, so that a change of it reaches those who were here", async () => {
    const hash = createHash("sha256");
    for (const name of await start(offline).install()) hash.update(read(name));
    expect(read("service-worker.js")).toContain(`"offline-${hash.digest("hex").slice(0, 8)}"`);
  });

  it("gives the site itself while it can be reached", async () => {
    const { ask } = start(() => Promise.resolve("the site"));
    expect(await ask(`${site}/?call=x`, "navigate")).toBe("the site");
  });

  it("gives the kept page when it cannot", async () => {
    const { ask } = start(offline);
    expect(await ask(`${site}/?call=x`, "navigate")).toBe("kept offline.html");
    expect(await ask(`${site}/offline.css`, "no-cors")).toBe(`kept ${site}/offline.css`);
  });

  it.each(["/api-login/login", "/api-sessions/get-token", "/config.json", "/assets/index.js"])(
    "leaves %s to the browser",
    async (path) => expect(await start(offline).ask(site + path, "cors")).toBeUndefined(),
  );
});

describe("the page for being offline", () => {
  it("has nothing inline, which the content security policy would refuse", () => {
    expect(read("offline.html")).not.toMatch(/<style|<script|\sstyle=|\son\w+=/);
  });
});

describe("the manifest", () => {
  it("names icons that are there, in the sizes that it says", () => {
    const { icons } = JSON.parse(read("manifest.webmanifest")) as {
      icons: { src: string; sizes: string; type: string; purpose?: string }[];
    };
    const said = icons.map(({ src, sizes, type, purpose }) => [src, sizes, type, purpose]);
    expect(said).toEqual([
      ["icon.svg", "any", "image/svg+xml", undefined],
      ["icon-192.png", "192x192", "image/png", undefined],
      ["icon-512.png", "512x512", "image/png", undefined],
      ["icon-maskable.png", "512x512", "image/png", "maskable"],
    ]);
    expect(read("icon.svg")).toContain("<svg");
    for (const { src, sizes, type } of icons) {
      if (type !== "image/png") continue;
      // Width and height stand at the start of every PNG.
      const header = readFileSync(file(src)).subarray(16, 24);
      expect(`${header.readUInt32BE(0)}x${header.readUInt32BE(4)}`, src).toBe(sizes);
    }
  });
});
