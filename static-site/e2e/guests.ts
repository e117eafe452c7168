/** The people of a test. They all go away after it, and nothing of their calls may be left. */
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll } from "vitest";
import { everythingIsOver } from "./backend";
import { launch } from "./browser";
import { Person } from "./person";

type Options = Parameters<typeof Person.loggedIn>[2];

/** Opens a browser for the tests of a file. */
export function invite() {
  let browser: Browser;
  const guests: Person[] = [];
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());
  afterEach(async () => {
    for (const guest of guests.splice(0)) await guest.goAway();
    await everythingIsOver();
  });

  /** Somebody opens the page and logs in. */
  async function logIn(user: string, options: Options = {}): Promise<Person> {
    const person = await Person.loggedIn(browser, user, options);
    guests.push(person);
    return person;
  }

  /** Somebody opens the page, logs in and enters a call. */
  async function come(user: string, call: string, nickname: string, options: Options = {}) {
    const person = await logIn(user, options);
    await person.enter(call, nickname);
    return person;
  }

  /** Somebody opens the page. */
  async function arrive(options: Parameters<typeof Person.arrive>[1] = {}): Promise<Person> {
    const person = await Person.arrive(browser, options);
    guests.push(person);
    return person;
  }

  return { arrive, logIn, come };
}
