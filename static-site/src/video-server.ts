/** The video server: its kind, its address, and a page of it by which one sees that it answers. */
import { isObject } from "./json";

/** The form of each kind's address. The page calls a LiveKit server by its socket's address. */
const addresses = {
  openvidu: /^https?:\/\/[^/]/,
  livekit: /^wss?:\/\/[^/]/,
};

export interface VideoServer {
  readonly kind: keyof typeof addresses;
  /** Without a slash at the end. */
  readonly url: string;
}

/** Reads `value`; null if it is no video server. */
export function readVideoServer(value: unknown): VideoServer | null {
  if (!isObject(value)) return null;
  const { kind, url } = value;
  if ((kind !== "openvidu" && kind !== "livekit") || typeof url !== "string") return null;
  const bare = url.replace(/\/+$/, "");
  return addresses[kind].test(bare) ? { kind, url: bare } : null;
}

/** A page of each kind that needs no password. */
const openPages = { openvidu: "/openvidu/api/config/openvidu-publicurl", livekit: "/" };

/** The address of a page that the server shows to everybody. */
export const openPage = ({ kind, url }: VideoServer): string =>
  url.replace(/^ws/, "http") + openPages[kind];

/**
 * Where the user can see the server's certificate and accept it; nothing if it uses none. A
 * browser that does not trust it refuses our socket and gives no reason.
 */
export function certificatePage(server: VideoServer): { readonly link?: string } {
  const link = openPage(server);
  return link.startsWith("https:") ? { link } : {};
}
