/** Waiting, with an end to it. */

/** How long each step of a call may take, in milliseconds. */
export const timeouts = {
  connect: 20_000,
  publish: 20_000,
  replace: 5_000,
  subscribe: 20_000,
  request: 10_000,
  leave: 5_000,
  /** How long a signal to ourselves may take before we count as evicted. */
  membership: 3_000,
  /** The library retries for hours. The server evicts us after 10 s. */
  reconnect: 12_000,
  /** For how long after a return the server may throw us out because our record has gone meanwhile. */
  returned: 10_000,
};

/** Something to wait for that happens once. */
export class Gate {
  open: () => void = () => undefined;
  readonly passed = new Promise<void>((resolve) => {
    this.open = resolve;
  });
}

/** What `work` gives, or `late()` once `ms` have passed without it. */
export function within<T>(ms: number, work: Promise<T>, late: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(late()), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Waits for `ms`, but no longer than until `cancelled`, or until `window` says that it is online. */
export function pause(ms: number, cancelled: AbortSignal, window: EventTarget): Promise<void> {
  return new Promise((resolve) => {
    const over = new AbortController();
    const end = () => {
      over.abort();
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(end, ms);
    const { signal } = over;
    cancelled.addEventListener("abort", end, { signal });
    window.addEventListener("online", end, { signal });
    if (cancelled.aborted) end();
  });
}
