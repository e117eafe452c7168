/** The site as an app: installable, honest about a server that is away, and never an old build. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { baseUrl, launch } from "./browser";
import { Person } from "./person";

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

/** A server in front of the site, which can go away and come back with another build. */
async function startFront() {
  let change = (text: string) => text;
  const server = createServer((asked, answer) => {
    void (async () => {
      const response = await fetch(baseUrl + (asked.url ?? "/"));
      const type = response.headers.get("content-type") ?? "";
      const body = Buffer.from(await response.arrayBuffer());
      answer.writeHead(response.status, { "content-type": type, "cache-control": "no-cache" });
      answer.end(type.startsWith("image/png") ? body : change(body.toString()));
    })();
  });
  const listen = (port: number) => once(server.listen(port, "127.0.0.1"), "listening");
  const stop = async () => {
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const start = (build = change) => {
    change = build;
    return listen(port);
  };
  return { url: `http://127.0.0.1:${port}/`, start, stop };
}

const sees = (page: Page, heading: string) =>
  page.getByRole("heading", { level: 1, name: heading, exact: true }).waitFor();

/** All that the worker keeps: addresses by cache. */
const kept = (page: Page) =>
  page.evaluate(async (): Promise<Record<string, string[]>> => {
    await navigator.serviceWorker.ready;
    const addresses = async (name: string) =>
      (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname).sort();
    const names = await caches.keys();
    return Object.fromEntries(
      await Promise.all(names.map(async (name) => [name, await addresses(name)] as const)),
    );
  });

const offlinePage = ["/icon.svg", "/offline.css", "/offline.html"];

it("can be installed", async () => {
  const ann = await Person.arrive(browser, { serviceWorkers: "allow" });
  await ann.sees("Log in");
  const devtools = await ann.page.context().newCDPSession(ann.page);
  const { url, errors } = await devtools.send("Page.getAppManifest");
  expect({ url, errors }).toEqual({ url: `${baseUrl}/manifest.webmanifest`, errors: [] });
  const { installabilityErrors } = await devtools.send("Page.getInstallabilityErrors");
  // All that stands in the way is that a test's window is a private one.
  expect(installabilityErrors.map(({ errorId }) => errorId)).toEqual(["in-incognito"]);
  await ann.goAway();
});

it("keeps neither its settings nor what the API said", async () => {
  const ann = await Person.arrive(browser, { serviceWorkers: "allow" });
  await ann.page.evaluate(() => navigator.serviceWorker.ready);
  await ann.page.reload();
  await ann.logIn("publisher1");
  await ann.sees("Join a call");
  expect(Object.values(await kept(ann.page))).toEqual([offlinePage]);
  await ann.goAway();
});

it("says that the server is away, and shows the new build once it is back", async () => {
  const front = await startFront();
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(front.url);
  await sees(page, "Log in");
  const [old] = Object.keys(await kept(page));
  if (old === undefined) throw new Error("nothing is kept");
  await page.reload();
  await sees(page, "Log in");

  await front.stop();
  await page.goto(front.url);
  await sees(page, "You are offline");

  const build = (text: string) =>
    text
      .replace('<div id="app"></div>', "<h1>Another build</h1>")
      .replace("You are offline", "Another build is away")
      .replace(old, "another build");
  await front.start(build);
  await page.getByRole("link", { name: "try again" }).click();
  await sees(page, "Another build");

  // The browser has looked for another worker meanwhile, which brings an offline page of its own.
  await page.evaluate(async () => (await navigator.serviceWorker.ready).update());
  await expect
    .poll(() => kept(page), { timeout: 20_000 })
    .toEqual({ "another build": offlinePage });
  await front.stop();
  await page.goto(front.url);
  await sees(page, "Another build is away");
  await context.close();
});
