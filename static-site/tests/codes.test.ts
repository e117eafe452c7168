/** The server's table of error codes: the page has words for each, and tries again when that helps. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isSpoken } from "../src/problems";
import { passing } from "../src/rejoin";
import { en } from "../src/words/en";
import { es } from "../src/words/es";

const source = readFileSync(new URL("../../shared/src/http/error.rs", import.meta.url), "utf8");

/** Each row of the table: code, status, and when to try again. */
const rows = [
  ...source.matchAll(/\(\s*"(\w+)",\s*StatusCode::[A-Z_]+,\s*(NEVER|SOON),?\s*\)/g),
].map(([, code = "", retry]) => ({ code, retry }));

/** Codes that answer other clients only. */
const notOurs = ["webhook_refused"];

/** Codes that answer a login only, which is not repeated without the person. */
const login = ["logins_busy"];

const isPassing = (code: string) => isSpoken(code) && passing.has(code);

const codes = rows.map(({ code }) => code).filter((code) => !notOurs.includes(code));

describe("the server's table of error codes", () => {
  it("is read in full", () => {
    const [, variants = ""] = /enum ErrorCode \{(.*?)^\}/ms.exec(source) ?? [];
    expect(rows.length).toBeGreaterThan(0);
    expect(rows).toHaveLength(variants.match(/^ +[A-Z]\w+,$/gm)?.length ?? 0);
  });

  it.each([
    ["English", en],
    ["Spanish", es],
  ])("has words in %s", (_, { problems }) => {
    expect(codes.filter((code) => !Object.hasOwn(problems, code))).toEqual([]);
  });

  it("says which problems pass, and the page waits for them to get back into a call", () => {
    const soon = rows.filter(({ retry }) => retry === "SOON").map(({ code }) => code);
    expect(soon.filter((code) => !isPassing(code))).toEqual(login);
  });
});
