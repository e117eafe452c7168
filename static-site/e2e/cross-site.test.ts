/** Another site's page, open in the same browser, cannot log anybody out. */
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { baseUrl, launch } from "./browser";
import { Person } from "./person";

const logout = `${baseUrl}/api-login/logout`;

/** What another site's page may hold, and whether it acts only when it is clicked. */
const attacks = {
  link: { html: `<a id="trap" href="${logout}">Photos</a>`, clicked: true },
  "link to a new window": {
    html: `<a id="trap" href="${logout}" target="_blank" rel="opener">Photos</a>`,
    clicked: true,
  },
  form: {
    html: `<form method="post" action="${logout}"><button id="trap">Photos</button></form>`,
    clicked: true,
  },
  "form that sends JSON": {
    html: `<form method="post" action="${logout}" enctype="text/plain">
      <input type="hidden" name='{"a":"' value='"}'><button id="trap">Photos</button></form>`,
    clicked: true,
  },
  window: {
    html: `<button id="trap" onclick="window.open('${logout}')">Photos</button>`,
    clicked: true,
  },
  refresh: { html: `<meta http-equiv="refresh" content="0; url=${logout}">`, clicked: false },
  image: { html: `<img src="${logout}">`, clicked: false },
  frame: { html: `<iframe src="${logout}"></iframe>`, clicked: false },
  script: {
    html: `<script>fetch("${logout}", { method: "POST", mode: "no-cors", credentials: "include" })</script>`,
    clicked: false,
  },
};

let browser: Browser;
let site: Server;
let siteUrl: string;
beforeAll(async () => {
  browser = await launch();
  site = createServer((request, response) => {
    const name = decodeURIComponent(request.url?.slice(1) ?? "");
    const html = new Map(Object.entries(attacks)).get(name)?.html ?? "";
    response.setHeader("Content-Type", "text/html");
    response.end(`<!doctype html><title>Photos</title>${html}`);
  });
  await new Promise<void>((listening) => site.listen(0, "127.0.0.1", listening));
  // A name under localhost leads to this machine, and is another site than its address.
  siteUrl = `http://photos.localhost:${String((site.address() as AddressInfo).port)}`;
});
afterAll(async () => {
  await browser.close();
  await new Promise((closed) => site.close(closed));
});

/** Why the server refuses to take a token back that is not on record: the login's cookie decides. */
function refusal({ page }: Person): Promise<string> {
  return page.evaluate(async () => {
    const response = await fetch("/api-sessions/remove-user", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ sessionName: "Nobody", token: "tok_unknown" }),
    });
    return ((await response.json()) as { code: string }).code;
  });
}

describe("another site's page", () => {
  it.each(Object.entries(attacks))("cannot log anybody out by a %s", async (name, attack) => {
    const ann = await Person.loggedIn(browser, "publisher1");
    await ann.sees("Join a call");
    const context = ann.page.context();
    const sent = context.waitForEvent("request", (request) => request.url() === logout);
    const other = await context.newPage();
    await other.goto(`${siteUrl}/${encodeURIComponent(name)}`, { waitUntil: "commit" });
    if (attack.clicked) await other.locator("#trap").click();
    // The browser keeps some answers from the page, but not from its store of cookies.
    const answer = await (await sent).response();
    expect([403, undefined]).toContain(answer?.status());
    expect((await answer?.headerValue("set-cookie")) ?? null).toBeNull();
    expect(await refusal(ann)).toBe("token_not_found");
    await ann.goAway();
  });
});

describe("somebody who types the same address", () => {
  it("logs out", async () => {
    const ann = await Person.loggedIn(browser, "publisher1");
    await ann.sees("Join a call");
    const typed = await ann.page.context().newPage();
    expect((await typed.goto(logout))?.status()).toBe(200);
    expect(await refusal(ann)).toBe("not_logged_in");
    await ann.goAway();
  });
});
