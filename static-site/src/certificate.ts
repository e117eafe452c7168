/**
 * Where the user can see the video server's certificate and accept it. A browser
 * that does not trust it refuses our socket and gives no reason.
 */

/** A page of OpenVidu that needs no password. */
export const openPage = "/openvidu/api/config/openvidu-publicurl";

/** The page of the server in `address`, which may be a token; nothing if it uses no certificate. */
export function certificatePage(address: string): { readonly link?: string } {
  if (!URL.canParse(address)) return {};
  const { protocol, host } = new URL(address);
  const encrypted = protocol === "wss:" || protocol === "https:";
  return encrypted ? { link: `https://${host}${openPage}` } : {};
}
