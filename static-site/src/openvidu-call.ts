/**
 * One connection to a call, over OpenVidu 2.32. This file and its two parts,
 * `openvidu-session.ts` and `openvidu-publisher.ts`, are the only ones that know
 * openvidu-browser. They know no screen of the page and keep no token.
 *
 * Two properties of that library shape them. Promises of `connect`, `publish` and
 * `subscribe` may never settle (a lost socket drops every pending request), so
 * each has a time-out. And if the first socket fails, the library reconnects it
 * for ever but never joins with it, so its first failure counts as the answer.
 */
import { type Connection, OpenVidu, type Session } from "openvidu-browser";
import { CallEvents } from "./call-events";
import type { Call, CallEvent, CallListener, Entry, Member, Outgoing, Purpose } from "./members";
import { codeOfConnectError } from "./openvidu-codes";
import { clientData } from "./openvidu-data";
import { OpenViduPublisher } from "./openvidu-publisher";
import { OpenViduSession } from "./openvidu-session";
import { type Result, failed, ok } from "./result";
import { timeouts, within } from "./timing";

/**
 * Connects with `token`, which leads to its server by itself. The code `token_dead`
 * says that another token may do: OpenVidu closes a call, and with it every unused
 * token, when its last connected participant leaves.
 */
export async function connect(entry: Entry): Promise<Result<Call>> {
  const { token, nickname, screen } = entry;
  const openvidu = new OpenVidu();
  openvidu.enableProdMode();
  failInsteadOfThrowing(openvidu);
  const call = new OpenViduCall(openvidu, openvidu.initSession(), entry);
  const connected = await call.connect(token, clientData(nickname, screen));
  return connected.ok ? ok(call) : connected;
}

/**
 * The library detects speakers with this context. It sets a listener on it that
 * it never removes, which would keep the last call in memory.
 */
function createEars(): AudioContext {
  const ears = new AudioContext();
  Object.defineProperty(ears, "onstatechange", { set: () => undefined });
  return ears;
}

/**
 * While the socket reconnects, a request throws, also in the library's own
 * timers. Here it fails like any other request instead.
 */
function failInsteadOfThrowing(openvidu: OpenVidu): void {
  const send = openvidu.sendRequest.bind(openvidu);
  openvidu.sendRequest = (method: string, params: unknown, callback?: unknown) => {
    try {
      send(method, params, callback);
    } catch (error) {
      const answered = typeof params === "function" ? params : callback;
      if (typeof answered === "function") (answered as (error: unknown) => void)(error);
    }
  };
}

class OpenViduCall implements Call {
  readonly screen = null;
  readonly #roster: OpenViduSession;
  readonly #publisher: OpenViduPublisher;
  readonly #ears = createEars();
  readonly #events = new CallEvents();
  #left = false;

  constructor(
    private readonly openvidu: OpenVidu,
    private readonly session: Session,
    { screen, own }: Purpose,
  ) {
    const listening: object = { audioContext: this.#ears };
    openvidu.setAdvancedConfiguration({ publisherSpeakingEventsOptions: listening });
    const emit = (event: CallEvent) => this.#events.emit(event);
    this.#roster = new OpenViduSession(session, screen, own, {
      emit,
      interrupted: () => this.#publisher.interrupted(),
      renewed: () => this.#publisher.renewed(),
    });
    this.#publisher = new OpenViduPublisher(openvidu, session, screen, {
      changed: (sending) => {
        if (!this.#left) this.#roster.showOwn(sending);
      },
      stopped: () => emit({ type: "unpublished" }),
      uncertain: () => emit({ type: "lost", uncertain: true }),
    });
    session.on("reconnected", () => {
      if (this.#left) this.#leaveBelatedly();
    });
    session.on("sessionDisconnected", () => {
      // Also how the library reports a first socket that opened too late.
      if (this.#left) this.#closeSocket();
    });
  }

  async connect(token: string, data: object): Promise<Result<null>> {
    const firstSocketFailed = new Promise<Result<null>>((resolve) => {
      this.session.once("reconnecting", () => resolve(failed("video_unreachable")));
    });
    const joined = this.session.connect(token, data).then(
      () => {
        // The answer may come after we stopped waiting for it.
        if (this.#left) this.#disconnect();
        return ok(null);
      },
      (error: unknown) => failed(codeOfConnectError(error)),
    );
    const outcome = await within(timeouts.connect, Promise.race([joined, firstSocketFailed]), () =>
      failed("connect_timeout"),
    );
    if (!outcome.ok) this.leave();
    return outcome;
  }

  listen(listener: CallListener): readonly Member[] {
    this.#events.tell(listener);
    return this.#roster.members();
  }

  publish(outgoing: Outgoing): Promise<Result<null>> {
    return this.#publisher.publish(outgoing);
  }

  say(text: string): Promise<Result<null>> {
    return this.#left ? Promise.resolve(failed("not_said")) : this.#roster.say(text);
  }

  stop(connectionId: string): Promise<Result<null>> {
    return this.#left ? Promise.resolve(failed("not_stopped")) : this.#roster.stop(connectionId);
  }

  leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.#events.end();
    this.#roster.close();
    // Before `leaveRoom`, which throws while the socket is being renewed.
    this.#publisher.close();
    this.#disconnect();
    this.#ears.close().catch(() => undefined);
  }

  #disconnect(): void {
    try {
      if (this.#isConnected()) this.session.disconnect();
      else this.#closeSocket();
    } catch {
      this.#closeSocket();
    }
    // The library closes the socket only after the server replies, which it may never do.
    setTimeout(() => this.#closeSocket(), timeouts.leave);
  }

  #isConnected(): boolean {
    return (this.session.connection as Connection | undefined) !== undefined;
  }

  /** `leaveRoom` was lost with the old socket, but the library believes it was sent. */
  #leaveBelatedly(): void {
    this.openvidu.sendRequest("leaveRoom", {}, () => this.#closeSocket());
  }

  #closeSocket(): void {
    try {
      this.openvidu.closeWs();
    } catch {
      // It was never opened.
    }
  }
}
