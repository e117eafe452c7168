/**
 * One connection's view of a call: the members, signals, and how the connection
 * ends.
 *
 * Two properties of the server need care. It evicts a participant whose socket
 * is away when anything happens in the call, but still answers the reconnection
 * with success. So we prove our membership by a signal to ourselves. And its
 * answer to joining may list a participant who it has just said has left.
 */
import type { Connection, Session, Stream } from "openvidu-browser";
import { activity } from "./openvidu-publisher";
import type { CallEvent, Member, OwnConnections, Sending } from "./members";
import { endReason } from "./openvidu-codes";
import { readNames, readScreen } from "./openvidu-data";
import { type Result, failed, ok } from "./result";
import { timeouts, within } from "./timing";

/** We show the media ourselves. The library takes an empty name for "no element". */
const noElement = "";

/** The type of the signal that proves our membership. */
const proofType = "membership";

interface Events {
  readonly emit: (event: CallEvent) => void;
  readonly interrupted: () => void;
  /** The socket was renewed, and we are still a member. */
  readonly renewed: () => void;
}

export class OpenViduSession {
  readonly #members = new Map<string, Member>();
  /** The current stream of each connection. Late events of older streams are ignored. */
  readonly #streams = new Map<string, Stream>();
  /** Connections that have left. The server never uses an id twice. */
  readonly #departed = new Set<string>();
  /** Counts lost and renewed sockets. A proof counts only for the socket it was requested over. */
  #socket = 0;
  #proved: (proof: string) => void = () => undefined;
  #givingUp: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(
    private readonly session: Session,
    private readonly screen: boolean,
    private readonly own: OwnConnections,
    private readonly events: Events,
  ) {
    this.#watchRoster();
    this.#watchConnection();
  }

  members(): readonly Member[] {
    return [...this.#members.values()];
  }

  say(text: string): Promise<Result<null>> {
    const said = this.session.signal({ type: "chat", data: text }).then(
      () => ok(null),
      () => failed("not_said"),
    );
    return within(timeouts.request, said, () => failed("not_said"));
  }

  stop(connectionId: string): Promise<Result<null>> {
    const stream = this.#streams.get(connectionId);
    if (stream === undefined) return Promise.resolve(ok(null));
    const stopped = this.session.forceUnpublish(stream).then(
      () => ok(null),
      () => failed("not_stopped"),
    );
    return within(timeouts.request, stopped, () => failed("not_stopped"));
  }

  /** Shows what we send ourselves. */
  showOwn(sending: Sending | null): void {
    this.#change(this.session.connection, { sending });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#givingUp);
  }

  #watchRoster(): void {
    const { session } = this;
    // The library forgets a departure that comes before the answer to joining.
    const forward = session.onParticipantLeft.bind(session);
    session.onParticipantLeft = (event) => {
      this.#departed.add(event.connectionId);
      forward(event);
    };
    session.on("connectionCreated", ({ connection }) => {
      if (!this.#isGone(connection)) this.#change(connection, {});
    });
    session.on("connectionDestroyed", ({ connection: { connectionId } }) => {
      if (this.#members.delete(connectionId)) {
        this.events.emit({ type: "memberLeft", connectionId });
      }
    });
    session.on("streamCreated", ({ stream }) => {
      const { connection } = stream;
      if (this.screen || this.#isGone(connection)) return;
      // We have missed their joining, sent to a dead socket. We may have missed more.
      if (!this.#members.has(connection.connectionId)) this.events.emit({ type: "lost" });
      else void this.#subscribe(stream);
    });
    session.on("streamDestroyed", ({ stream }) => this.#unfollow(stream.connection));
    session.on("streamPropertyChanged", ({ stream }) => {
      const { sending } = this.#members.get(stream.connection.connectionId) ?? {};
      if (sending)
        this.#change(stream.connection, { sending: { ...sending, ...activity(stream) } });
    });
    session.on("signal:chat", ({ from, data }) => {
      // Signals without a sender come from the server; ignore them.
      if (from === undefined || data === undefined) return;
      this.events.emit({ type: "said", connectionId: from.connectionId, text: data });
    });
    if (!this.screen) {
      session.on("publisherStartSpeaking", (event) => this.#hear(event.connection, true));
      session.on("publisherStopSpeaking", (event) => this.#hear(event.connection, false));
    }
  }

  #watchConnection(): void {
    const { session } = this;
    session.on(`signal:${proofType}`, ({ from, data }) => {
      if (from?.connectionId === this.#ownId() && data !== undefined) this.#proved(data);
    });
    session.on("reconnecting", () => {
      this.#socket += 1;
      if (this.#closed) return;
      this.events.interrupted();
      this.events.emit({ type: "reconnecting" });
      this.#givingUp ??= setTimeout(() => this.events.emit({ type: "lost" }), timeouts.reconnect);
    });
    session.on("reconnected", () => {
      if (!this.#closed) void this.#checkMembership();
    });
    session.on("sessionDisconnected", ({ reason: said }) => {
      const reason = endReason(said);
      this.events.emit(reason === "network" ? { type: "lost" } : { type: "ended", reason });
    });
  }

  async #checkMembership(): Promise<void> {
    this.#socket += 1;
    const socket = this.#socket;
    const isMember = await this.#proveMembership(String(socket));
    // The socket was lost again, and the next one decides.
    if (this.#closed || socket !== this.#socket) return;
    clearTimeout(this.#givingUp);
    this.#givingUp = undefined;
    if (isMember) this.events.renewed();
    this.events.emit({ type: isMember ? "reconnected" : "lost" });
  }

  #proveMembership(proof: string): Promise<boolean> {
    const proved = new Promise<boolean>((resolve) => {
      this.#proved = (data) => {
        if (data === proof) resolve(true);
      };
    });
    const to = [this.session.connection];
    // Ignore the reply: it may be late although the signal has arrived.
    this.session.signal({ type: proofType, data: proof, to }).catch(() => undefined);
    return within(timeouts.membership, proved, () => false);
  }

  #hear({ connectionId }: Connection, on: boolean): void {
    this.events.emit({ type: "speaking", connectionId, on });
  }

  async #subscribe(stream: Stream): Promise<void> {
    const { connection } = stream;
    const screen = this.own.screens.get(connection.connectionId);
    if (screen !== undefined) {
      this.#streams.set(connection.connectionId, stream);
      this.#change(connection, { sending: { ...sendingOf(stream), media: screen } });
      return;
    }
    this.#follow(connection, stream);
    const arrived = this.session.subscribeAsync(stream, noElement).then(
      () => true,
      () => false,
    );
    if (await within(timeouts.subscribe, arrived, () => false)) return;
    const { sending } = this.#members.get(connection.connectionId) ?? {};
    if (sending && sending.media === null) {
      this.#change(connection, { sending: { ...sending, broken: true } });
    }
  }

  /** Shows what `stream` carries, now and whenever the library puts new media into it. */
  #follow(connection: Connection, stream: Stream): void {
    this.#streams.set(connection.connectionId, stream);
    const show = () => {
      if (this.#streams.get(connection.connectionId) !== stream) return;
      this.#change(connection, { sending: sendingOf(stream) });
    };
    // After a reconnection there is a new MediaStream. The library announces it
    // only to its own video elements, and by this event.
    stream.ee.on("mediastream-updated", show);
    show();
  }

  #unfollow(connection: Connection): void {
    if (this.#streams.delete(connection.connectionId)) this.#change(connection, { sending: null });
  }

  #change(connection: Connection, change: { sending?: Sending | null }): void {
    const { connectionId } = connection;
    const before = this.#members.get(connectionId) ?? {
      ...readNames(connection.data),
      connectionId,
      screen: readScreen(connection.data),
      self: connectionId === this.#ownId() || this.own.screens.has(connectionId),
      sending: null,
      quality: null,
      stoppable: true,
    };
    const member = { ...before, ...change };
    this.#members.set(connectionId, member);
    this.events.emit({ type: "member", member });
  }

  /** Whether the server lists `connection` although its participant has left. */
  #isGone({ connectionId }: Connection): boolean {
    return this.#departed.has(connectionId) || this.own.former.has(connectionId);
  }

  /** Undefined until we have joined, despite the library's types. */
  #ownId(): string | undefined {
    return (this.session.connection as Connection | undefined)?.connectionId;
  }
}

/** The media of `stream`: null before it has arrived and after it has ended. */
const mediaOf = (stream: { getMediaStream(): MediaStream | undefined }): MediaStream | null =>
  stream.getMediaStream() ?? null;

const sendingOf = (stream: Stream): Sending => ({
  media: mediaOf(stream),
  broken: false,
  ...activity(stream),
});
