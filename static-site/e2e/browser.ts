/** A real Chromium with two cameras and a microphone that do not exist. */
import {
  type Browser,
  type BrowserContext,
  type LaunchOptions,
  type Page,
  chromium,
} from "playwright-core";
import { videoServer } from "./video-server";

/** Where the program under test serves the site and its API. */
export const baseUrl = process.env["SITE_URL"] ?? "";

/** Whom the page may ask: where it comes from, and the video server. */
const known = [baseUrl, videoServer.url];

const options: LaunchOptions = {
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  // Playwright's own headless mode wants a browser of its own.
  headless: false,
  args: [
    "--headless=new",
    "--no-sandbox",
    "--use-fake-device-for-media-stream=device-count=2",
    "--use-fake-ui-for-media-stream",
    // Media over the loopback interface, also on a machine that has no other.
    "--allow-loopback-in-peer-connection",
    // A page whose headers a test has changed counts as one from the internet,
    // and such a page may not open a socket to this machine.
    "--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
  ],
};

export function launch(): Promise<Browser> {
  return chromium.launch(options);
}

/** A browser that keeps pages which are left, to show them as they were. Playwright switches that off. */
export function launchToKeepPages(): Promise<Browser> {
  return chromium.launch({ ...options, ignoreDefaultArgs: ["--disable-back-forward-cache"] });
}

/** A browser that can be killed: as by `kill -9`, it can do nothing about it. */
export async function launchToBeKilled(): Promise<{ browser: Browser; kill: () => Promise<void> }> {
  const server = await chromium.launchServer(options);
  return { browser: await chromium.connect(server.wsEndpoint()), kill: () => server.kill() };
}

export interface Tab {
  readonly page: Page;
  /** What went wrong in the page that nobody expected. */
  readonly faults: string[];
  /** Requests that left our own origin and the video server's. */
  readonly strangers: string[];
}

/** Opens a browser window of its own: no login and no cookie is shared with the others. */
export async function openWindow(
  browser: Browser,
  options: Parameters<Browser["newContext"]>[0] = {},
): Promise<Tab> {
  const context = await browser.newContext({
    permissions: ["camera", "microphone"],
    viewport: { width: 1280, height: 800 },
    // Tests change what the network gives, not what a worker does.
    serviceWorkers: "block",
    ...options,
  });
  await context.addInitScript(keepPeerConnections);
  return openTab(context);
}

/** Opens another tab of the same window. */
export async function openTab(context: BrowserContext): Promise<Tab> {
  const page = await context.newPage();
  const faults: string[] = [];
  const strangers: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) faults.push(message.text());
  });
  page.on("request", (request) => {
    if (!known.some((url) => new URL(url).origin === new URL(request.url()).origin)) {
      strangers.push(request.url());
    }
  });
  return { page, faults, strangers };
}

declare global {
  interface Window {
    peerConnections: RTCPeerConnection[];
  }
}

/** Runs in the page, before its own code: the statistics are where the connections are. */
function keepPeerConnections(): void {
  window.peerConnections = [];
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      window.peerConnections.push(this);
    }
  };
}
