/** The video server as its administrator sees it, of whichever kind it is. */
import { createHmac } from "node:crypto";

interface Connection {
  readonly call: string;
  readonly id: string;
  /** What the server knows of the user, as JSON. */
  readonly data: string;
}

interface VideoServer {
  /** Where browsers may ask it over HTTP. */
  readonly url: string;
  /** The calls that are open. */
  calls(): Promise<readonly string[]>;
  connections(): Promise<readonly Connection[]>;
  end(connection: Connection): Promise<void>;
  close(call: string): Promise<void>;
  readonly isUp: () => Promise<boolean>;
}

// `local` empties the variables of the other kind.
const env = (name: string, otherwise: string) => process.env[name] ?? otherwise;

export const isLiveKit = env("LIVEKIT_URL", "") !== "";

const answers = (asking: Promise<Response>): Promise<boolean> =>
  asking.then(
    () => true,
    () => false,
  );

function openvidu(): VideoServer {
  const url = env("OPENVIDU_URL", "http://127.0.0.1:4443");
  const credentials = Buffer.from(`OPENVIDUAPP:${env("OPENVIDU_SECRET", "MY_SECRET")}`);
  const ask = (path: string, method = "GET") => {
    const headers = { Authorization: `Basic ${credentials.toString("base64")}` };
    return fetch(`${url}/openvidu/api/${path}`, { method, headers });
  };

  interface Session {
    readonly sessionId: string;
    readonly connections: {
      readonly content: readonly { readonly connectionId: string; readonly serverData: string }[];
    };
  }
  async function sessions(): Promise<readonly Session[]> {
    const { content } = (await (await ask("sessions")).json()) as { content: readonly Session[] };
    return content;
  }

  return {
    url,
    async calls() {
      return (await sessions()).map(({ sessionId }) => sessionId);
    },
    async connections() {
      return (await sessions()).flatMap(({ sessionId, connections }) =>
        connections.content.map(({ connectionId, serverData }) => ({
          ...{ call: sessionId, id: connectionId, data: serverData },
        })),
      );
    },
    async end({ call, id }) {
      await ask(`sessions/${call}/connection/${id}`, "DELETE");
    },
    async close(call) {
      await ask(`sessions/${call}`, "DELETE");
    },
    isUp: () => answers(ask("config")),
  };
}

function livekit(): VideoServer {
  const url = env("LIVEKIT_URL", "").replace(/^ws/, "http").replace(/\/+$/, "");
  const key = env("LIVEKIT_API_KEY", "devkey").split(",")[0] ?? "";
  const secret = env("LIVEKIT_API_SECRET", "secret").split(",")[0] ?? "";

  function sign(video: object): string {
    const now = Math.floor(Date.now() / 1000);
    const text = [
      { alg: "HS256", typ: "JWT" },
      { iss: key, nbf: now, exp: now + 60, video },
    ]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
    return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
  }

  async function ask<T>(method: string, body: { readonly room?: string; identity?: string }) {
    const grants = { roomCreate: true, roomList: true, roomAdmin: true, room: body.room };
    const response = await fetch(`${url}/twirp/livekit.RoomService/${method}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${sign(grants)}` },
      body: JSON.stringify(body),
    });
    return (await response.json()) as T;
  }

  async function calls(): Promise<readonly string[]> {
    const { rooms } = await ask<{ rooms: readonly { name: string }[] }>("ListRooms", {});
    return rooms.map(({ name }) => name);
  }

  return {
    url,
    calls,
    async connections() {
      const listed = (await calls()).map(async (room) => {
        const { participants } = await ask<{
          participants: readonly { identity: string; metadata: string }[];
        }>("ListParticipants", { room });
        return participants.map(({ identity, metadata }) => ({
          ...{ call: room, id: identity, data: metadata },
        }));
      });
      return (await Promise.all(listed)).flat();
    },
    async end({ call, id }) {
      await ask("RemoveParticipant", { room: call, identity: id });
    },
    async close(call) {
      await ask("DeleteRoom", { room: call });
    },
    isUp: () => answers(fetch(url)),
  };
}

export const videoServer = isLiveKit ? livekit() : openvidu();
