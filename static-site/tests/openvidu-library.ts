/** Stands in for openvidu-browser: a session whose promises and events the test decides. */

type Handler = (event: never) => void;

class Emitter {
  readonly #handlers = new Map<string, Handler[]>();

  on(type: string, handler: Handler): void {
    this.#handlers.set(type, [...(this.#handlers.get(type) ?? []), handler]);
  }

  once(type: string, handler: Handler): void {
    this.on(type, handler);
  }

  emit(type: string, event: object = {}): void {
    for (const handler of this.#handlers.get(type) ?? []) handler(event as never);
  }

  /** As the library's own emitter does it, for what goes on inside of it. */
  emitEvent(type: string, args: readonly unknown[]): void {
    for (const handler of this.#handlers.get(type) ?? []) handler(args[0] as never);
  }
}

/** A promise that the test settles, or never does. */
export function pending<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

/** A camera or a microphone, or what stands in for one. */
export class FakeTrack {
  enabled = true;
  stopped = false;
  onended: (() => void) | null = null;

  constructor(
    readonly kind: "video" | "audio",
    readonly label: string = kind,
  ) {}

  stop(): void {
    this.stopped = true;
  }
}

export class FakeMedia {
  constructor(private tracks: FakeTrack[] = []) {}

  getTracks(): FakeTrack[] {
    return [...this.tracks];
  }

  removeTrack(track: FakeTrack): void {
    this.tracks = this.tracks.filter((each) => each !== track);
  }

  addTrack(track: FakeTrack): void {
    this.tracks.push(track);
  }
}

export class FakeConnection {
  constructor(
    readonly connectionId: string,
    readonly data: string,
  ) {}

  removeStream(): void {
    session.asked.push("remove stream");
  }
}

export class FakeStream {
  readonly ee = new Emitter();
  streamId = "str_1";
  hasVideo = true;
  hasAudio = true;
  disposed = false;
  videoActive = true;
  audioActive = true;
  media: FakeMedia | undefined;

  constructor(readonly connection: FakeConnection) {}

  getMediaStream() {
    return this.media;
  }

  disposeWebRtcPeer(): void {
    this.disposed = true;
  }

  /** New media arrives, as it does after subscribing and after every reconnection. */
  receive(media: FakeMedia): void {
    this.media = media;
    this.ee.emit("mediastream-updated");
  }
}

/** How many are open. */
export let contextsOpen = 0;

export class FakeAudioContext {
  constructor() {
    contextsOpen += 1;
  }

  close(): Promise<void> {
    contextsOpen -= 1;
    return Promise.resolve();
  }
}

interface Properties {
  readonly videoSource: FakeTrack | false;
  readonly audioSource: FakeTrack | false;
  readonly publishVideo: boolean;
  readonly publishAudio: boolean;
}

export class FakePublisher extends Emitter {
  /** Tracks replaced in the stream, in turn. */
  readonly replaced: FakeTrack[] = [];
  /** How replacing is answered. */
  replacing: Promise<void> = Promise.resolve();
  /** By which the library measures a screen that is shared. */
  screenShareResizeInterval: number | undefined;
  readonly stream: FakeStream;

  constructor(
    connection: FakeConnection,
    readonly properties: Properties,
  ) {
    super();
    const { videoSource, audioSource, publishVideo, publishAudio } = properties;
    this.stream = new FakeStream(connection);
    this.stream.hasVideo = videoSource !== false;
    this.stream.hasAudio = audioSource !== false;
    this.stream.videoActive = publishVideo;
    this.stream.audioActive = publishAudio;
    const tracks = [videoSource, audioSource].filter((track) => track !== false);
    this.stream.media = new FakeMedia(tracks);
    this.stream.ee.on("local-stream-destroyed", (reason: never) => this.destroy(reason));
  }

  /** The server ends the stream, and the library stops whatever it holds. */
  destroy(reason: string): void {
    this.emit("streamDestroyed", { reason });
    for (const track of this.stream.media?.getTracks() ?? []) track.stop();
  }

  /** As the library does it: the track before is stopped. */
  replaceTrackAux(track: FakeTrack): Promise<void> {
    const { media, videoActive, audioActive } = this.stream;
    const before = media?.getTracks().find(({ kind }) => kind === track.kind);
    const { enabled } = track;
    track.enabled = track.kind === "video" ? videoActive : audioActive;
    before?.stop();
    if (before !== undefined) media?.removeTrack(before);
    media?.addTrack(track);
    this.replaced.push(track);
    return this.replacing.catch((error: unknown) => {
      track.enabled = enabled;
      throw error;
    });
  }
}

export class FakeSession extends Emitter {
  readonly connected = pending<undefined>();
  readonly subscribed = pending<undefined>();
  published = pending<undefined>();
  /** How signals and moderation are answered. */
  answer: Promise<void> = Promise.resolve();
  connection: FakeConnection | undefined;
  readonly asked: string[] = [];
  /** How requests are answered that are not answered with success. */
  answers: Record<string, (answered: (error?: unknown) => void) => void> = {};

  connect(token: string, data: object): Promise<void> {
    this.asked.push(`connect ${token} ${JSON.stringify(data)}`);
    return this.connected.promise;
  }

  /** The server lets us in. */
  letIn(...others: FakeConnection[]): void {
    this.connection = new FakeConnection("con_me", `{"clientData":"Ann"}%/%{"serverData":"ann"}`);
    for (const connection of [this.connection, ...others]) {
      this.emit("connectionCreated", { connection });
    }
    this.connected.resolve(undefined);
  }

  subscribeAsync(): Promise<void> {
    return this.subscribed.promise;
  }

  publish(): Promise<void> {
    this.asked.push("publish");
    return this.published.promise;
  }

  signal({ type, data, to }: { type: string; data: string; to?: FakeConnection[] }): Promise<void> {
    this.asked.push(`signal ${type} ${data}`);
    if (to !== undefined && this.isMember) {
      this.emit(`signal:${type}`, { from: this.connection, data });
    }
    return this.answer;
  }

  /** Whether the server still counts us in: only then does it pass signals on. */
  isMember = true;

  /** The library knows nobody before it has joined. */
  onParticipantLeft({ connectionId }: { connectionId: string }): void {
    if (this.connection === undefined) return;
    this.emit("connectionDestroyed", { connection: { connectionId } });
  }

  forceUnpublish(stream: FakeStream): Promise<void> {
    this.asked.push(`forceUnpublish ${stream.connection.connectionId}`);
    return this.answer;
  }

  disconnect(): void {
    this.asked.push("disconnect");
  }
}

/** The session of the latest call. */
export let session = new FakeSession();
export let publisher: FakePublisher | null = null;
export let socketsClosed = 0;
/** Every one that was made. */
export const clients: OpenVidu[] = [];
let socketIsConnecting = false;
export const renewSocket = (connecting: boolean) => void (socketIsConnecting = connecting);

export class OpenVidu {
  constructor() {
    clients.push(this);
  }

  enableProdMode(): void {
    socketsClosed = 0;
  }

  initSession(): FakeSession {
    session = new FakeSession();
    return session;
  }

  initPublisherAsync(_: undefined, properties: Properties): Promise<FakePublisher> {
    publisher = new FakePublisher(session.connection ?? new FakeConnection("", ""), properties);
    return Promise.resolve(publisher);
  }

  setAdvancedConfiguration(): void {
    // Nobody is heard speaking here but by the events that a test emits.
  }

  sendRequest(method: string, params: object, answered: (error?: unknown) => void): void {
    if (socketIsConnecting) throw new DOMException("still connecting", "InvalidStateError");
    session.asked.push([method, ...Object.values(params).slice(1, 3).map(String)].join(" "));
    const answer = session.answers[method];
    if (answer === undefined) answered();
    else answer(answered);
  }

  closeWs(): void {
    socketsClosed += 1;
  }
}
