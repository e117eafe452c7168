/** What a reload remembers of a login, and what it must not. */
import { beforeEach, describe, expect, it } from "vitest";
import { forget, isOverruled, recall, remember, rememberOwner } from "../src/identity";
import { ann } from "./fixtures";

class Shelf implements Storage {
  readonly #items = new Map<string, string>();
  get length(): number {
    return this.#items.size;
  }
  clear = () => this.#items.clear();
  key = (index: number) => [...this.#items.keys()][index] ?? null;
  getItem = (key: string) => this.#items.get(key) ?? null;
  setItem = (key: string, value: string) => void this.#items.set(key, value);
  removeItem = (key: string) => void this.#items.delete(key);
}

describe("the remembered login", () => {
  let shelf = new Shelf();
  beforeEach(() => {
    shelf = new Shelf();
  });

  it("comes back while it is valid, and not a second longer", () => {
    remember(ann, shelf);
    expect(recall(shelf, ann.expiresAt - 1)).toEqual(ann);
    expect(recall(shelf, ann.expiresAt)).toBeNull();
  });

  it("is gone after logging out", () => {
    remember(ann, shelf);
    forget(shelf);
    expect(recall(shelf, 0)).toBeNull();
  });

  it("holds user, role and time, and nothing more that may have come along", () => {
    remember({ ...ann, token: "secret", pass: "secret" } as typeof ann, shelf);
    expect(JSON.parse(shelf.getItem(shelf.key(0) ?? "") ?? "")).toEqual(ann);
  });

  it.each(["", "{", "[]", "null", '{"user":"a","role":"KING","expiresAt":9e9}', '{"user":"a"}'])(
    "is not read out of %j",
    (stored) => {
      shelf.setItem("identity", stored);
      expect(recall(shelf, 0)).toBeNull();
    },
  );
});

describe("two people in two tabs of one browser", () => {
  it("stay two: the first one is asked to log in again after a reload", () => {
    const shared = new Shelf();
    expect(isOverruled(ann, shared)).toBe(false);
    rememberOwner(ann.user, shared);
    expect(isOverruled(ann, shared)).toBe(false);
    rememberOwner("moderator", shared);
    expect(isOverruled(ann, shared)).toBe(true);
  });
});
