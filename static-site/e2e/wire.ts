/** A page whose connection to the video server can be cut and mended. */
import type { Person } from "./person";

declare global {
  interface Window {
    wire: { failures: number; cut(): void; cutLatest(): void; mend(): void };
  }
}

/** Runs in the page. Once cut, nothing comes through and every new socket fails as for want of a network. */
export function cuttableWire(): void {
  let isCut = false;
  const sockets: WebSocket[] = [];
  window.wire = {
    failures: 0,
    cut() {
      isCut = true;
      // As for a network that goes away: nobody says goodbye.
      for (const socket of sockets.splice(0)) socket.close(4104);
    },
    cutLatest() {
      isCut = true;
      sockets.pop()?.close(4104);
    },
    mend: () => void (isCut = false),
  };
  window.WebSocket = class extends WebSocket {
    constructor(address: string | URL) {
      // The server knows nothing at that address, and refuses the handshake.
      super(isCut ? new URL("/nowhere", address) : address);
      if (isCut) window.wire.failures += 1;
      else sockets.push(this);
    }
  };
}

export const wireOf = ({ page }: Person) => ({
  cut: () => page.evaluate(() => window.wire.cut()),
  /** Cuts the socket that was opened last: with a screen, that of the screen. */
  cutScreen: () => page.evaluate(() => window.wire.cutLatest()),
  mend: () => page.evaluate(() => window.wire.mend()),
  /** How often the page has tried in vain. */
  failures: () => page.evaluate(() => window.wire.failures),
});
