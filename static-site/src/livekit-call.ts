/**
 * One connection to a call, over LiveKit (OpenVidu 3). This file and its parts,
 * `livekit-*.ts`, are the only ones that know livekit-client. They know no screen of
 * the page and keep no token.
 *
 * The library reconnects by itself, in one of two ways. It renews its socket alone
 * while media flows on, and nobody need know. Or it connects anew: then everybody
 * else goes and comes back. Once it gives up, only another connection helps.
 */
import { type DisconnectReason, LogLevel, Room, RoomEvent, setLogLevel } from "livekit-client";
import { CallEvents } from "./call-events";
import { codeOfConnectError, endReason } from "./livekit-codes";
import { LiveKitPublisher } from "./livekit-publisher";
import { LiveKitRoster } from "./livekit-roster";
import type { Call, CallListener, Entry, Member, Outgoing, OwnConnections } from "./members";
import { type Result, failed, ok } from "./result";
import { timeouts, within } from "./timing";

const chat = "chat";

/** Of a message in bytes. Longer ones are not read, so that nobody can fill our memory. */
const longestMessage = 64_000;

/** Connects with `token`. The server says by it who we are and what we are called. */
export async function connect({ url, token, own }: Entry): Promise<Result<Call>> {
  // The library's errors, and with them its log, hold the token.
  setLogLevel(LogLevel.silent);
  const call = new LiveKitCall(own);
  const connected = await call.connect(url, token);
  return connected.ok ? ok(call) : connected;
}

class LiveKitCall implements Call {
  readonly screen;
  readonly #room = new Room({
    // A picture that nobody watches is not sent.
    dynacast: true,
    // The page leaves by itself. Our tracks are the caller's, who may send them elsewhere next.
    disconnectOnPageLeave: false,
    stopLocalTrackOnUnpublish: false,
    dataStream: { maxPayloadByteLength: longestMessage },
  });
  readonly #events = new CallEvents();
  readonly #roster: LiveKitRoster;
  readonly #publisher = new LiveKitPublisher(this.#room);
  /** Runs for a while after each return. */
  #returned: ReturnType<typeof setTimeout> | undefined;
  #isReturning = false;
  #left = false;

  constructor(own: OwnConnections) {
    this.#roster = new LiveKitRoster(this.#room, own, (event) => this.#events.emit(event));
    this.screen = {
      show: (media: MediaStream) => this.#publisher.show(media),
      hide: () => this.#publisher.hide(),
    };
    this.#room.registerTextStreamHandler(chat, (reader, { identity }) => {
      reader.readAll().then(
        (text) => this.#events.emit({ type: "said", connectionId: identity, text }),
        // It was too long, or its author has gone in the middle of it.
        () => undefined,
      );
    });
  }

  async connect(url: string, token: string): Promise<Result<null>> {
    const joined = this.#room.connect(url, token).then(
      () => ok(null),
      (error: unknown) => failed(codeOfConnectError(error)),
    );
    const outcome = await within(timeouts.connect, joined, () => failed("connect_timeout"));
    if (!outcome.ok) {
      this.leave();
      return outcome;
    }
    this.#watchConnection();
    this.#roster.read();
    return outcome;
  }

  listen(listener: CallListener): readonly Member[] {
    this.#events.tell(listener);
    return this.#roster.members();
  }

  publish(outgoing: Outgoing): Promise<Result<null>> {
    return this.#publisher.publish(outgoing);
  }

  async say(text: string): Promise<Result<null>> {
    if (this.#left) return failed("not_said");
    const { localParticipant } = this.#room;
    const sent = localParticipant.sendText(text, { topic: chat }).then(
      () => ok(null),
      () => failed("not_said"),
    );
    const outcome = await within(timeouts.request, sent, () => failed("not_said"));
    // The server sends it to all others only.
    if (outcome.ok)
      this.#events.emit({ type: "said", connectionId: localParticipant.identity, text });
    return outcome;
  }

  stop(): Promise<Result<null>> {
    return Promise.resolve(failed("not_stopped"));
  }

  leave(): void {
    if (this.#left) return;
    this.#left = true;
    clearTimeout(this.#returned);
    this.#events.end();
    this.#publisher.close();
    this.#room.unregisterTextStreamHandler(chat);
    this.#room.disconnect(false).catch(() => undefined);
  }

  #watchConnection(): void {
    this.#room.on(RoomEvent.SignalReconnecting, () => this.#publisher.interrupted());
    this.#room.on(RoomEvent.Reconnecting, () => {
      this.#isReturning = true;
      clearTimeout(this.#returned);
      this.#publisher.interrupted();
      this.#events.emit({ type: "reconnecting" });
    });
    this.#room.on(RoomEvent.Reconnected, () => {
      this.#returned = setTimeout(() => {
        this.#isReturning = false;
      }, timeouts.returned);
      this.#publisher.renewed();
      this.#events.emit({ type: "reconnected" });
    });
    this.#room.on(RoomEvent.Disconnected, (reason) => this.#end(reason));
  }

  /**
   * Whoever was cut off for long is no longer on record, and is removed when they come
   * back. They have done nothing wrong, so they join again with a new token.
   */
  #end(said: DisconnectReason | undefined): void {
    const reason = endReason(said);
    const mayRejoin = reason === "network" || (reason === "removed" && this.#isReturning);
    this.#events.emit(mayRejoin ? { type: "lost" } : { type: "ended", reason });
  }
}
