/**
 * What the browser remembers for this page. Other tabs may change it at any
 * time. A browser may forbid it, or have no room: what it does not take is
 * remembered here until the page is reloaded.
 */
export type Memory = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** Guards the storage that `open` gives. Browsers throw even when a page only looks at a forbidden one. */
export function createMemory(open: () => Storage): Memory {
  const notTaken = new Map<string, string>();
  const attempt = <T>(use: (storage: Storage) => T): T | null => {
    try {
      return use(open());
    } catch {
      return null;
    }
  };
  const memory: Memory = {
    getItem: (key) => attempt((storage) => storage.getItem(key)) ?? notTaken.get(key) ?? null,
    setItem(key, value) {
      // An older value, perhaps of somebody else, must not outlive this one.
      memory.removeItem(key);
      const taken = attempt((storage) => {
        storage.setItem(key, value);
        return true;
      });
      if (taken === null) notTaken.set(key, value);
    },
    removeItem(key) {
      notTaken.delete(key);
      attempt((storage) => storage.removeItem(key));
    },
  };
  return memory;
}
