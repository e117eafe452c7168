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

export class FakeMedia {
  stopped = 0;
  readonly tracks = [
    {
      kind: "video",
      stop: () => void (this.stopped += 1),
      onended: () => undefined as unknown,
    },
  ];

  getTracks() {
    return this.tracks;
  }
}

export class FakeConnection {
  constructor(
    readonly connectionId: string,
    readonly data: string,
  ) {}
}

export class FakeStream {
  readonly ee = new Emitter();
  hasVideo = true;
  hasAudio = true;
  videoActive = true;
  audioActive = true;
  media: FakeMedia | undefined;

  constructor(readonly connection: FakeConnection) {}

  getMediaStream() {
    return this.media;
  }

  /** New media arrives, as it does after subscribing and after every reconnection. */
  receive(media: FakeMedia): void {
    this.media = media;
    this.ee.emit("mediastream-updated");
  }
}

export class FakePublisher extends Emitter {
  readonly turned: string[] = [];

  constructor(readonly stream: FakeStream) {
    super();
  }

  publishAudio(on: boolean): void {
    this.turned.push(`sound ${String(on)}`);
    this.stream.audioActive = on;
  }

  publishVideo(on: boolean, letGo: boolean): Promise<void> {
    this.turned.push(`video ${String(on)} ${letGo ? "let go" : "keep"}`);
    this.stream.videoActive = on;
    return Promise.resolve();
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

  signal({ type, data }: { type: string; data: string }): Promise<void> {
    this.asked.push(`signal ${type} ${data}`);
    return this.answer;
  }

  forceUnpublish(stream: FakeStream): Promise<void> {
    this.asked.push(`forceUnpublish ${stream.connection.connectionId}`);
    return this.answer;
  }

  unpublish(): Promise<void> {
    this.asked.push("unpublish");
    return Promise.resolve();
  }

  disconnect(): void {
    this.asked.push("disconnect");
  }
}

/** The session of the latest call. */
export let session = new FakeSession();
export let publisher: FakePublisher | null = null;
export let socketsClosed = 0;

export class OpenVidu {
  enableProdMode(): void {
    socketsClosed = 0;
  }

  initSession(): FakeSession {
    session = new FakeSession();
    return session;
  }

  initPublisherAsync(): Promise<FakePublisher> {
    const stream = new FakeStream(session.connection ?? new FakeConnection("", ""));
    stream.media = new FakeMedia();
    publisher = new FakePublisher(stream);
    return Promise.resolve(publisher);
  }

  sendRequest(method: string, _: object, answered: () => void): void {
    session.asked.push(method);
    answered();
  }

  closeWs(): void {
    socketsClosed += 1;
  }
}
