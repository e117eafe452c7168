/** What the browser remembers, and a browser that remembers nothing. */
import { describe, expect, it } from "vitest";
import { createMemory } from "../src/memory";

function shelf(full = false): Storage {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem(key: string, value: string) {
      if (full) throw new DOMException("full", "QuotaExceededError");
      kept.set(key, value);
    },
    removeItem: (key: string) => void kept.delete(key),
  } as Partial<Storage> as Storage;
}

const always = (storage: Storage) => () => storage;

const forbidden = (): Storage => {
  throw new DOMException("denied", "SecurityError");
};

describe("memory", () => {
  it.each([
    ["allows it", always(shelf())],
    ["is full", always(shelf(true))],
    ["is forbidden", forbidden],
  ])("keeps things for as long as the page is there when storage %s", (_, open) => {
    const memory = createMemory(open);
    expect(memory.getItem("nickname")).toBeNull();
    memory.setItem("nickname", "Ann");
    expect(memory.getItem("nickname")).toBe("Ann");
    memory.removeItem("nickname");
    expect(memory.getItem("nickname")).toBeNull();
  });

  it("sees what another tab has written or removed since", () => {
    const storage = shelf();
    const [here, there] = [createMemory(() => storage), createMemory(() => storage)];
    here.setItem("cookieOwner", "ann");
    there.setItem("cookieOwner", "bob");
    expect(here.getItem("cookieOwner")).toBe("bob");
    there.removeItem("cookieOwner");
    expect(here.getItem("cookieOwner")).toBeNull();
  });

  it("leaves no older value behind that a full storage would give after a reload", () => {
    const storage = shelf();
    storage.setItem("cookieOwner", "bob");
    const memory = createMemory(() => storage);
    storage.setItem = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
    memory.setItem("cookieOwner", "ann");
    expect(memory.getItem("cookieOwner")).toBe("ann");
    expect(createMemory(() => storage).getItem("cookieOwner")).toBeNull();
  });

  it("keeps them beyond that where the browser allows it", () => {
    const storage = shelf();
    createMemory(() => storage).setItem("nickname", "Ann");
    const afterReload = createMemory(() => storage);
    expect(afterReload.getItem("nickname")).toBe("Ann");
    afterReload.removeItem("nickname");
    expect(storage.getItem("nickname")).toBeNull();
  });
});
