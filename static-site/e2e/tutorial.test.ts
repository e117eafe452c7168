/**
 * A page that is not ours, in the manner of OpenVidu's "roles" tutorials, on the same origin.
 *
 * It relies on the cookie alone, sends JSON by XMLHttpRequest, takes every status but 200 for a
 * failure, reads numbered keys, puts `serverData` into its HTML, and on leaving tells everybody at
 * once without waiting for an answer.
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { everythingIsOver } from "./backend";
import { baseUrl, launch } from "./browser";

const html = `<!doctype html>
<title>Another page</title>
<div id="videos"></div>
<p id="failure"></p>
<script src="/another-page/openvidu-browser.js"></script>
<script src="/another-page/page.js"></script>`;

/** Runs in the page. */
function script(): void {
  const address = new URLSearchParams(location.search);
  const field = (name: string) => address.get(name) ?? "";
  const call = field("call");
  let token = "";
  const openvidu = new window.OpenVidu();
  const session = openvidu.initSession();

  function post(path: string, body: unknown, done: (answer: Record<string, string>) => void) {
    const request = new XMLHttpRequest();
    request.open("POST", path, true);
    request.setRequestHeader("Content-type", "application/json");
    request.onreadystatechange = () => {
      if (request.readyState !== 4) return;
      if (request.status === 200) done(JSON.parse(request.responseText) as Record<string, string>);
      else document.querySelector("#failure")?.append(` ${path} ${request.status}`);
    };
    request.send(JSON.stringify(body));
  }

  session.on("streamCreated", (event) => {
    const subscriber = session.subscribe(event.stream, "videos");
    subscriber.on("videoElementCreated", () => {
      const said = JSON.parse(event.stream.connection.data.split("%/%")[1] ?? "") as {
        serverData: string;
      };
      const name = document.createElement("b");
      name.innerHTML = said.serverData;
      document.querySelector("#videos")?.append(name);
    });
  });
  post("/api-login/login", { user: field("user"), pass: "pass" }, () => {
    post("/api-sessions/get-token", { sessionName: call }, (answer) => {
      token = answer[0] ?? "";
      void session.connect(token, { clientData: "somebody" }).then(() => {
        session.publish(openvidu.initPublisher("videos"));
        document.title = "In the call";
      });
    });
  });
  window.onbeforeunload = () => {
    post("/api-sessions/remove-user", { sessionName: call, token }, () => undefined);
    session.disconnect();
    post("/api-login/logout", {}, () => undefined);
  };
}

interface Stream {
  readonly connection: { readonly data: string };
}

declare global {
  interface Window {
    OpenVidu: new () => {
      initSession(): {
        on(event: "streamCreated", listen: (event: { stream: Stream }) => void): void;
        subscribe(stream: Stream, target: string): { on(event: string, listen: () => void): void };
        connect(token: string, data: unknown): Promise<void>;
        publish(publisher: unknown): void;
        disconnect(): void;
      };
      initPublisher(target: string): unknown;
    };
  }
}

let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});
afterEach(everythingIsOver);
afterAll(async () => {
  await browser.close();
});

async function open(user: string, call: string): Promise<Page> {
  const context = await browser.newContext({ permissions: ["camera", "microphone"] });
  const page = await context.newPage();
  const packed = createRequire(import.meta.url).resolve("openvidu-browser/package.json");
  const library = join(dirname(packed), "static/js/openvidu-browser-2.32.2.min.js");
  const files = new Map([
    ["", { contentType: "text/html", body: html }],
    ["page.js", { contentType: "text/javascript", body: `(${script.toString()})()` }],
    [
      "openvidu-browser.js",
      { contentType: "text/javascript", body: await readFile(library, "utf8") },
    ],
  ]);
  for (const [name, file] of files) {
    await page.route(new RegExp(`/another-page/${name}(\\?.*)?$`), (route) => route.fulfill(file));
  }
  await page.goto(`${baseUrl}/another-page/?user=${user}&call=${call}`);
  await page.waitForFunction(() => document.title === "In the call");
  return page;
}

/** Waits until a video of somebody else plays, with this user name. */
async function sees(page: Page, user: string): Promise<void> {
  await page.locator("b", { hasText: user }).waitFor();
  await page.waitForFunction(
    () =>
      [...document.querySelectorAll("video")].filter((video) => video.currentTime > 1).length > 1,
  );
}

test("a tutorial's page needs no change: two people see each other, leave, and nothing is left", async () => {
  const call = `another page ${Math.random()}`;
  const ann = await open("publisher1", call);
  const bob = await open("publisher2", call);
  await Promise.all([sees(ann, "publisher2"), sees(bob, "publisher1")]);
  for (const page of [ann, bob]) {
    expect(await page.locator("#failure").innerText()).toBe("");
    await page.close({ runBeforeUnload: true });
  }
});
