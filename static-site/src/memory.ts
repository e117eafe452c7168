/**
 * What the browser remembers for this page. A browser may forbid that, or have
 * no room: then things are remembered until the page is reloaded.
 */
export type Memory = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** Guards what `open` gives. Browsers throw already when a forbidden storage is looked at. */
export function createMemory(open: () => Storage): Memory {
  const here = new Map<string, string>();
  const attempt = <T>(use: (storage: Storage) => T): T | null => {
    try {
      return use(open());
    } catch {
      return null;
    }
  };
  return {
    getItem: (key) => here.get(key) ?? attempt((storage) => storage.getItem(key)),
    setItem(key, value) {
      here.set(key, value);
      attempt((storage) => storage.setItem(key, value));
    },
    removeItem(key) {
      here.delete(key);
      attempt((storage) => storage.removeItem(key));
    },
  };
}
