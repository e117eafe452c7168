/** Somebody in front of the page: what they do and what they see, in the page's own words. */
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { expect } from "vitest";
import { type Tab, baseUrl, openTab, openWindow } from "./browser";

declare global {
  interface Window {
    readonly axe: typeof axe;
  }
}

interface Arrival extends NonNullable<Parameters<typeof openWindow>[1]> {
  /** What to ask for, behind the site's address. */
  readonly path?: string;
  /** What to run in the page before its own code. */
  readonly script?: (() => void) | string;
}

export class Person {
  readonly page: Page;

  private constructor(private readonly tab: Tab) {
    this.page = tab.page;
  }

  /** Opens the login page. */
  static async arrive(
    browser: Browser,
    { path = "/", script, ...options }: Arrival = {},
  ): Promise<Person> {
    const person = new Person(await openWindow(browser, options));
    if (script !== undefined) await person.page.addInitScript(script);
    await person.page.goto(baseUrl + path);
    return person;
  }

  /** Opens the login page in another tab of the window that `other` uses. */
  static async arriveBeside(other: Person): Promise<Person> {
    const person = new Person(await openTab(other.page.context()));
    await person.page.goto(baseUrl);
    return person;
  }

  /** Opens the page and logs in. */
  static async loggedIn(browser: Browser, user: string, options: Arrival = {}): Promise<Person> {
    const person = await Person.arrive(browser, options);
    await person.logIn(user);
    return person;
  }

  /** Opens the page, logs in and enters a call. */
  static async inCall(
    browser: Browser,
    user: string,
    call: string,
    nickname: string,
  ): Promise<Person> {
    const person = await Person.loggedIn(browser, user);
    await person.enter(call, nickname);
    return person;
  }

  async logIn(user: string, pass = "pass"): Promise<void> {
    await this.page.getByLabel("User name").fill(user);
    await this.page.getByLabel("Password").fill(pass);
    await this.press("Log in");
  }

  async fillIn(call: string, nickname: string): Promise<void> {
    await this.page.getByLabel("Call name").fill(call);
    await this.page.getByLabel("Your nickname").fill(nickname);
  }

  async enter(call: string, nickname: string): Promise<void> {
    await this.fillIn(call, nickname);
    await this.press("Join");
    await this.seesCall(call);
  }

  press(name: string): Promise<void> {
    return this.page.getByRole("button", { name, exact: true }).click();
  }

  async sees(heading: string): Promise<void> {
    await this.page.getByRole("heading", { level: 1, name: heading, exact: true }).waitFor();
  }

  /** Entering takes longest the first time, while the functions start. */
  async seesCall(call: string): Promise<void> {
    await this.page
      .getByRole("heading", { level: 1, name: call, exact: true })
      .waitFor({ timeout: 45_000 });
  }

  async reads(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).first().waitFor();
  }

  /** Waits for a piece of news. It is shown for a few seconds only, and kept for screen readers. */
  async hears(text: string): Promise<void> {
    await this.page.locator(".news").getByText(text).first().waitFor({ state: "attached" });
  }

  tileOf(user: string) {
    return this.page.locator(`.tile[data-user="${user}"]:not([data-screen])`);
  }

  /** Waits until the tiles are those of `users`, in any order. */
  async seesTilesOf(...users: string[]): Promise<void> {
    const tiles = this.page.locator(".tile");
    const shown = () => tiles.evaluateAll((all) => all.map((tile) => tile.dataset["user"]).sort());
    await expect.poll(shown, { timeout: 30_000 }).toEqual(users.sort());
  }

  /** Waits until the video of `user` plays: its clock runs and frames are decoded. */
  async watches(user: string): Promise<void> {
    const before = await this.#progress(user);
    const grows = async () => {
      const now = await this.#progress(user);
      return now.time > before.time + 0.5 && now.frames > before.frames + 5 && now.width > 0;
    };
    await expect.poll(grows, { timeout: 30_000, message: `${user}'s video plays` }).toBe(true);
  }

  async #progress(user: string) {
    const video = this.tileOf(user).locator("video");
    const { time, width } = await video.evaluate((element: HTMLVideoElement) => ({
      time: element.currentTime,
      width: element.videoWidth,
    }));
    return { time, width, frames: await this.#framesDecoded() };
  }

  /** Of all videos that come in, since the page was loaded. */
  #framesDecoded(): Promise<number> {
    return this.page.evaluate(async () => {
      let frames = 0;
      for (const connection of window.peerConnections) {
        for (const report of (await connection.getStats()).values()) {
          const entry = report as { type: string; kind?: string; framesDecoded?: number };
          if (entry.type === "inbound-rtp" && entry.kind === "video") {
            frames += entry.framesDecoded ?? 0;
          }
        }
      }
      return frames;
    });
  }

  /** How many peer connections send video. */
  sendingVideo(): Promise<number> {
    return this.page.evaluate(
      () =>
        window.peerConnections.filter((connection) =>
          connection.getSenders().some((sender) => sender.track?.kind === "video"),
        ).length,
    );
  }

  /** What would stand in the way of somebody who cannot see, or not see well: nothing. */
  async meetsNoBarrier(): Promise<void> {
    await this.page.evaluate(axe.source);
    const findings = await this.page.evaluate(async () => {
      const { violations } = await window.axe.run(document);
      return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`));
    });
    expect(findings).toEqual([]);
  }

  /** Closes the tab as a person does: the page hears of it. */
  async closeTab(): Promise<void> {
    const closed = this.page.waitForEvent("close");
    await this.page.close({ runBeforeUnload: true });
    await closed;
  }

  /** Goes away, and fails if the page broke a rule meanwhile. */
  async goAway(): Promise<void> {
    const { faults, strangers } = this.tab;
    await this.page.context().close();
    expect({ faults, strangers }).toEqual({ faults: [], strangers: [] });
  }
}
