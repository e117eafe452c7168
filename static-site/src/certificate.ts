/**
 * Where somebody can look at the video server's certificate and accept it. A
 * browser that does not trust it refuses our socket without a word to anybody.
 */

/** A page of OpenVidu that needs no password. */
export const openPage = "/openvidu/api/config/openvidu-publicurl";

/** The page of the server at `address`, or that a token leads to; nothing when no certificate is involved. */
export function certificatePage(address: string): { readonly link?: string } {
  if (!URL.canParse(address)) return {};
  const { protocol, host } = new URL(address);
  const encrypted = protocol === "wss:" || protocol === "https:";
  return encrypted ? { link: `https://${host}${openPage}` } : {};
}
