/**
 * One connection to a call, over OpenVidu. The only file that knows
 * openvidu-browser; it touches no page and keeps no token.
 *
 * Two habits of that library shape it. Promises of `connect`, `publish` and
 * `subscribe` may never settle (a lost socket drops every pending request), so
 * each has a time-out here. And a first socket that fails is tried again for
 * ever but never used to join, so its first failure is taken as the answer.
 */
import type { Connection, OpenVidu, Publisher, Session, Stream } from "openvidu-browser";
import { type Device, type OwnTracks, closeTracks } from "./devices";
import type { Call, CallEvent, CallListener, Member, Sending } from "./members";
import { codeOfConnectError, codeOfPublishError, endReason } from "./openvidu-codes";
import { clientData, readNames, readScreen } from "./person";
import { type Result, failed, ok } from "./result";
import { within } from "./timing";

/** How long each step may take, in milliseconds. */
export const limits = {
  connect: 20_000,
  publish: 20_000,
  subscribe: 20_000,
  request: 10_000,
  farewell: 5_000,
  /** The library itself tries for hours; the server has given us up long before. */
  reconnect: 30_000,
};

/** We show the media ourselves. The library takes an empty name for "no element". */
const noElement = "";

/** Fetches the library ahead of the first call. */
export const loadLibrary = () => import("openvidu-browser");

/** A screen is sent over a connection of its own, which fetches nothing from the others. */
export interface Purpose {
  readonly screen: boolean;
}

/**
 * Connects with `token`. The code `token_dead` says that another token may do:
 * OpenVidu closes a call, and with it every unused token, when its last
 * connected participant leaves.
 */
export async function connectCall(
  token: string,
  nickname: string,
  { screen }: Purpose = { screen: false },
): Promise<Result<Call>> {
  let library;
  try {
    library = await loadLibrary();
  } catch {
    return failed("page_incomplete");
  }
  const openvidu = new library.OpenVidu();
  openvidu.enableProdMode();
  const call = new OpenViduCall(openvidu, openvidu.initSession(), screen);
  const connected = await call.connect(token, nickname);
  return connected.ok ? ok(call) : connected;
}

class OpenViduCall implements Call {
  readonly #members = new Map<string, Member>();
  #listener: CallListener | null = null;
  /** Whose stream of each connection is shown: a late event of an older one changes nothing. */
  readonly #streams = new Map<string, Stream>();
  #publisher: Publisher | null = null;
  #tracks: OwnTracks | null = null;
  /** Our own other connections, and what they send. */
  readonly #owned = new Map<string, MediaStream>();
  #left = false;
  #givingUp: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly openvidu: OpenVidu,
    private readonly session: Session,
    private readonly screen: boolean,
  ) {
    this.#watchSession();
  }

  async connect(token: string, nickname: string): Promise<Result<null>> {
    const firstSocketFailed = new Promise<Result<null>>((resolve) => {
      this.session.once("reconnecting", () => resolve(failed("video_unreachable")));
    });
    const joined = this.session.connect(token, clientData(nickname, this.screen)).then(
      () => {
        // The answer may come after we stopped waiting for it.
        if (this.#left) this.leave();
        return ok(null);
      },
      (error: unknown) => failed(codeOfConnectError(error)),
    );
    const outcome = await within(limits.connect, Promise.race([joined, firstSocketFailed]), () =>
      failed("connect_timeout"),
    );
    if (!outcome.ok) this.leave();
    return outcome;
  }

  listen(listener: CallListener): readonly Member[] {
    this.#listener = listener;
    return [...this.#members.values()];
  }

  async publish(tracks: OwnTracks, { microphone } = { microphone: true }): Promise<Result<null>> {
    await this.#unpublish();
    this.#tracks = tracks;
    try {
      const publisher = await this.openvidu.initPublisherAsync(undefined, {
        videoSource: tracks.camera ?? false,
        audioSource: tracks.microphone ?? false,
        publishAudio: microphone,
        // Mirroring is the page's business, not something to send.
        mirror: false,
      });
      if (this.#left) return this.#withdraw(failed("call_left"));
      this.#publisher = publisher;
      publisher.on("streamDestroyed", ({ reason }) => {
        this.#unfollow(this.session.connection);
        if (reason.startsWith("forceUnpublish")) this.#emit({ type: "unpublished" });
      });
      this.#follow(this.session.connection, publisher.stream);
      const published = this.session.publish(publisher).then(() => ok(null));
      const outcome = await within(limits.publish, published, () => failed("publish_timeout"));
      if (!outcome.ok) return this.#withdraw(outcome);
      this.#watchTracks();
      return outcome;
    } catch (error) {
      return this.#withdraw(failed(codeOfPublishError(error)));
    }
  }

  async turn(device: Device, on: boolean): Promise<Result<null>> {
    const publisher = this.#publisher;
    if (publisher === null) return failed("not_sending");
    const { stream } = publisher;
    // The library never settles a request for what is so already.
    if (activity(stream)[device] === on) return ok(null);
    const sent = device === "camera" ? stream.hasVideo : stream.hasAudio;
    if (!sent) return failed("device_not_sent");
    try {
      if (device === "microphone") publisher.publishAudio(on);
      // A camera that is off is let go of, so that its light goes out.
      else await publisher.publishVideo(on, !on);
    } catch {
      return failed("camera_not_back");
    }
    // A camera that comes back is another track.
    this.#watchTracks();
    this.#change(this.session.connection, { sending: sendingOf(stream) });
    return ok(null);
  }

  say(text: string): Promise<Result<null>> {
    const said = this.session.signal({ type: "chat", data: text }).then(
      () => ok(null),
      () => failed("not_said"),
    );
    return within(limits.request, said, () => failed("not_said"));
  }

  own(connectionId: string, media: MediaStream): void {
    this.#owned.set(connectionId, media);
  }

  stop(connectionId: string): Promise<Result<null>> {
    const stream = this.#streams.get(connectionId);
    if (stream === undefined) return Promise.resolve(ok(null));
    const stopped = this.session.forceUnpublish(stream).then(
      () => ok(null),
      () => failed("not_stopped"),
    );
    return within(limits.request, stopped, () => failed("not_stopped"));
  }

  leave(): void {
    this.#left = true;
    // Before the farewell, which throws while the socket is being renewed.
    this.#closeDevices();
    try {
      if (this.#isConnected()) this.session.disconnect();
      else this.#closeSocket();
    } catch {
      this.#closeSocket();
    }
    // The library closes the socket when the server has answered. It may not.
    setTimeout(() => this.#closeSocket(), limits.farewell);
  }

  #watchSession(): void {
    const { session } = this;
    session.on("connectionCreated", ({ connection }) => this.#change(connection, {}));
    session.on("connectionDestroyed", ({ connection: { connectionId } }) => {
      if (this.#members.delete(connectionId)) this.#emit({ type: "memberLeft", connectionId });
    });
    session.on("streamCreated", ({ stream }) => void this.#subscribe(stream));
    session.on("streamDestroyed", ({ stream }) => this.#unfollow(stream.connection));
    session.on("streamPropertyChanged", ({ stream }) => {
      const { sending } = this.#members.get(stream.connection.connectionId) ?? {};
      if (sending) {
        this.#change(stream.connection, { sending: { ...sending, ...activity(stream) } });
      }
    });
    session.on("signal:chat", ({ from, data }) => {
      // Without a sender it comes from the server, which has nothing to say in a chat.
      if (from === undefined || data === undefined) return;
      this.#emit({ type: "said", connectionId: from.connectionId, text: data });
    });
    if (!this.screen) {
      session.on("publisherStartSpeaking", (event) => this.#hear(event.connection, true));
      session.on("publisherStopSpeaking", (event) => this.#hear(event.connection, false));
    }
    session.on("reconnecting", () => {
      this.#emit({ type: "reconnecting" });
      clearTimeout(this.#givingUp);
      this.#givingUp = setTimeout(
        () => this.#emit({ type: "ended", reason: "network" }),
        limits.reconnect,
      );
    });
    session.on("reconnected", () => {
      clearTimeout(this.#givingUp);
      if (this.#left) this.#leaveBelatedly();
      else this.#emit({ type: "reconnected" });
    });
    session.on("sessionDisconnected", ({ reason }) => {
      // Also how the library reports a first socket that opened too late.
      if (this.#left) this.#closeSocket();
      else this.#emit({ type: "ended", reason: endReason(reason) });
    });
  }

  #hear({ connectionId }: Connection, on: boolean): void {
    this.#emit({ type: "speaking", connectionId, on });
  }

  async #subscribe(stream: Stream): Promise<void> {
    const { connection } = stream;
    if (this.screen) return;
    const own = this.#owned.get(connection.connectionId);
    if (own !== undefined) {
      this.#streams.set(connection.connectionId, stream);
      this.#change(connection, { sending: { ...sendingOf(stream), media: own } });
      return;
    }
    this.#follow(connection, stream);
    const arrived = this.session.subscribeAsync(stream, noElement).then(
      () => true,
      () => false,
    );
    if (await within(limits.subscribe, arrived, () => false)) return;
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
    // A reconnection makes a new MediaStream. The library tells its own video
    // elements of it and nobody else, save by this event.
    stream.ee.on("mediastream-updated", show);
    show();
  }

  #unfollow(connection: Connection): void {
    if (this.#streams.delete(connection.connectionId)) this.#change(connection, { sending: null });
  }

  async #unpublish(): Promise<void> {
    const publisher = this.#publisher;
    if (publisher === null) return;
    this.#withdraw(null);
    const gone = this.session.unpublish(publisher).then(
      () => true,
      () => false,
    );
    await within(limits.publish, gone, () => false);
  }

  /** Turns the devices off and shows nothing of one's own any more. */
  #withdraw<T>(outcome: T): T {
    this.#closeDevices();
    this.#publisher = null;
    this.#unfollow(this.session.connection);
    return outcome;
  }

  /** Says so when a device is unplugged. Tracks that we stop ourselves end without an event. */
  #watchTracks(): void {
    const publisher = this.#publisher;
    const media = publisher && mediaOf(publisher.stream);
    media?.getTracks().forEach((track) => {
      track.onended = () => {
        if (this.#publisher !== publisher) return;
        this.#emit({
          type: "deviceLost",
          device: track.kind === "video" ? "camera" : "microphone",
        });
      };
    });
  }

  #closeDevices(): void {
    if (this.#tracks !== null) closeTracks(this.#tracks);
    this.#tracks = null;
    // A camera that was switched off and on again is another track.
    const media = this.#publisher && mediaOf(this.#publisher.stream);
    media?.getTracks().forEach((track) => track.stop());
  }

  #change(connection: Connection, change: { sending?: Sending | null }): void {
    const { connectionId } = connection;
    const before = this.#members.get(connectionId) ?? {
      ...readNames(connection.data),
      connectionId,
      screen: readScreen(connection.data),
      self: connectionId === this.session.connection.connectionId || this.#owned.has(connectionId),
      sending: null,
    };
    const member = { ...before, ...change };
    this.#members.set(connectionId, member);
    this.#emit({ type: "member", member });
  }

  #emit(event: CallEvent): void {
    if (!this.#left) this.#listener?.(event);
  }

  #isConnected(): boolean {
    return (this.session.connection as Connection | undefined) !== undefined;
  }

  /** The farewell was lost with the old socket, and the library thinks that it was said. */
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

/** What `stream` carries: nothing, before it has arrived and after it has ended. */
function mediaOf(stream: { getMediaStream(): MediaStream | undefined }): MediaStream | null {
  return stream.getMediaStream() ?? null;
}

const sendingOf = (stream: Stream): Sending => ({
  media: mediaOf(stream),
  broken: false,
  ...activity(stream),
});

/** Whether camera and microphone of `stream` are on. Absent and switched off look the same. */
const activity = (stream: Stream): Pick<Sending, "camera" | "microphone"> => ({
  camera: stream.hasVideo && stream.videoActive,
  microphone: stream.hasAudio && stream.audioActive,
});
