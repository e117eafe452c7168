/** A browser that remembers nothing for the page, and one that two people share. */
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, it } from "vitest";
import { everythingIsOver } from "./backend";
import { launch } from "./browser";
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

/** Runs in the page, as where somebody has blocked all cookies and site data. */
function forbidStorage(): void {
  for (const name of ["localStorage", "sessionStorage"]) {
    Object.defineProperty(window, name, {
      get() {
        throw new DOMException("Access is denied for this document.", "SecurityError");
      },
    });
  }
}

/** Runs in the page. */
function fillStorage(): void {
  Storage.prototype.setItem = () => {
    throw new DOMException("exceeded the quota", "QuotaExceededError");
  };
}

describe("storage", () => {
  it.each([
    ["forbidden", forbidStorage],
    ["full", fillStorage],
  ])("that is %s keeps nobody from a call", async (_, script) => {
    const ann = await Person.loggedIn(browser, "publisher1", { script });
    guests.push(ann);
    await ann.enter("Forgetful", "Ann");
    await ann.seesTilesOf("publisher1");
    await ann.press("Leave");
    await ann.sees("Join a call");
  });
});

describe("two people in two tabs of one browser", () => {
  it("stay two after a reload: the one whose cookie is gone is asked to log in", async () => {
    const sue = await Person.loggedIn(browser, "subscriber");
    guests.push(sue);
    await sue.enter("Shared", "Sue");
    const mo = await Person.arriveBeside(sue);
    await mo.logIn("moderator");
    await mo.enter("Shared", "Mo");
    sue.page.on("dialog", (dialog) => void dialog.accept());
    await sue.page.reload();
    await sue.sees("Log in");
    await sue.reads("Somebody else has logged in with this browser meanwhile");
    await sue.logIn("subscriber");
    await sue.enter("Shared", "Sue");
    await sue.page.locator(".watching").getByText("Sue").waitFor();
    await mo.seesTilesOf("moderator");
  });
});
