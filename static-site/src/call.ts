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
import { type Names, clientData, readNames } from "./person";
import { type Result, failed, ok } from "./result";
import { within } from "./timing";

/** What somebody sends. */
export interface Sending {
  /** What they send, once it has arrived. */
  readonly media: MediaStream | null;
  readonly camera: boolean;
  readonly microphone: boolean;
  /** Whether their video and sound could not be fetched. */
  readonly broken: boolean;
}

export interface Member extends Names {
  readonly connectionId: string;
  readonly self: boolean;
  /** Null for somebody who only watches. */
  readonly sending: Sending | null;
}

/** Why a call ended without anybody here asking for it. */
export type EndReason = "removed" | "closed" | "network" | "other";

export type CallEvent =
  /** Somebody came, or what they send has changed. */
  | { readonly type: "member"; readonly member: Member }
  | { readonly type: "memberLeft"; readonly connectionId: string }
  | { readonly type: "reconnecting" }
  | { readonly type: "reconnected" }
  /** A moderator stopped what we send. */
  | { readonly type: "unpublished" }
  | { readonly type: "ended"; readonly reason: EndReason };

export type CallListener = (event: CallEvent) => void;

export interface Call {
  /** Gives who is here now; `listener` hears of every change from now on. */
  listen(listener: CallListener): readonly Member[];
  /** Sends `tracks` in place of what was sent before, and owns them from here on. */
  publish(tracks: OwnTracks): Promise<Result<null>>;
  /** Switches a device of what is published off or on. The others are told. */
  turn(device: Device, on: boolean): Promise<Result<null>>;
  /** Leaves, turns the devices off and stays silent. Never fails. */
  leave(): void;
}

/** How long each step may take, in milliseconds. */
export const limits = { connect: 20_000, publish: 20_000, subscribe: 20_000, farewell: 5_000 };

/** We show the media ourselves. The library takes an empty name for "no element". */
const noElement = "";

/** Fetches the library ahead of the first call. */
export const loadLibrary = () => import("openvidu-browser");

/**
 * Connects with `token`. The code `token_dead` says that another token may do:
 * OpenVidu closes a call, and with it every unused token, when its last
 * connected participant leaves.
 */
export async function connectCall(token: string, nickname: string): Promise<Result<Call>> {
  let library;
  try {
    library = await loadLibrary();
  } catch {
    return failed("page_incomplete");
  }
  const openvidu = new library.OpenVidu();
  openvidu.enableProdMode();
  const call = new OpenViduCall(openvidu, openvidu.initSession());
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
  #left = false;

  constructor(
    private readonly openvidu: OpenVidu,
    private readonly session: Session,
  ) {
    this.#watchSession();
  }

  async connect(token: string, nickname: string): Promise<Result<null>> {
    const firstSocketFailed = new Promise<Result<null>>((resolve) => {
      this.session.once("reconnecting", () => resolve(failed("video_unreachable")));
    });
    const joined = this.session.connect(token, clientData(nickname)).then(
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

  async publish(tracks: OwnTracks): Promise<Result<null>> {
    await this.#unpublish();
    this.#tracks = tracks;
    try {
      const publisher = await this.openvidu.initPublisherAsync(undefined, {
        videoSource: tracks.camera ?? false,
        audioSource: tracks.microphone ?? false,
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
      return outcome.ok ? outcome : this.#withdraw(outcome);
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
    try {
      if (device === "microphone") publisher.publishAudio(on);
      // A camera that is off is let go of, so that its light goes out.
      else await publisher.publishVideo(on, !on);
    } catch {
      return failed("camera_not_back");
    }
    this.#change(this.session.connection, { sending: sendingOf(stream) });
    return ok(null);
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
    session.on("reconnecting", () => this.#emit({ type: "reconnecting" }));
    session.on("reconnected", () => {
      if (this.#left) this.#leaveBelatedly();
      else this.#emit({ type: "reconnected" });
    });
    session.on("sessionDisconnected", ({ reason }) => {
      // Also how the library reports a first socket that opened too late.
      if (this.#left) this.#closeSocket();
      else this.#emit({ type: "ended", reason: endReason(reason) });
    });
  }

  async #subscribe(stream: Stream): Promise<void> {
    const { connection } = stream;
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
      self: connectionId === this.session.connection.connectionId,
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

const nameOf = (error: unknown): unknown =>
  typeof error === "object" && error !== null && "name" in error ? error.name : undefined;

function codeOfConnectError(error: unknown): string {
  if (nameOf(error) === "BROWSER_NOT_SUPPORTED") return "browser_not_supported";
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : null;
  switch (code) {
    // No such call; the call is closing; no such token.
    case 202:
    case 203:
    case 401:
      return "token_dead";
    case 204:
      return "video_full";
    default:
      return "connect_failed";
  }
}

function codeOfPublishError(error: unknown): string {
  return nameOf(error) === "OPENVIDU_PERMISSION_DENIED" ? "publish_refused" : "publish_failed";
}

function endReason(reason: string): EndReason {
  switch (reason) {
    case "forceDisconnectByUser":
    case "forceDisconnectByServer":
      return "removed";
    case "sessionClosedByServer":
      return "closed";
    case "networkDisconnect":
    case "nodeCrashed":
    case "openviduServerStopped":
    case "mediaServerDisconnect":
    case "mediaServerReconnect":
      return "network";
    default:
      return "other";
  }
}
