/**
 * Where somebody can look at the video server's certificate and accept it. A
 * browser that does not trust it refuses our socket without a word to anybody.
 */

/** A page of OpenVidu that needs no password. */
const openPage = "/openvidu/api/config/openvidu-publicurl";

/** The page of the server that `token` leads to; nothing when no certificate is involved. */
export function certificatePage(token: string): { readonly link?: string } {
  if (!URL.canParse(token)) return {};
  const { protocol, host } = new URL(token);
  return protocol === "wss:" ? { link: `https://${host}${openPage}` } : {};
}
