/**
 * Who somebody in the call is, read from what OpenVidu says of their connection.
 *
 * OpenVidu joins two texts by `%/%`: the left one was sent by that person's
 * browser and may claim anything, the right one was set by our server. So the
 * user's name is taken from behind the *last* separator and from nowhere else.
 */
import { type Role, isRole } from "./identity";
import { parseObject, text } from "./json";
import { longestName, undeceiving } from "./names";

export interface Names {
  /** What they call themselves. Anything at all: show it as text only. */
  readonly nickname: string;
  /** Who the server says they are; "" when it does not say. */
  readonly user: string;
  /** What the server lets them do; null when it does not say. */
  readonly role: Role | null;
}

const separator = "%/%";

const controlCharacters = /\p{Cc}/gu;

const tidy = (name: string): string =>
  Array.from(undeceiving(name).replace(controlCharacters, "").trim())
    .slice(0, longestName)
    .join("");

/** Reads who somebody is out of `connection.data`. */
export function readNames(data: string | undefined): Names {
  const whole = data ?? "";
  const cut = whole.lastIndexOf(separator);
  // The server always sets its part, so a text without a separator is the server's.
  const client = cut < 0 ? "" : whole.slice(0, cut);
  const server = cut < 0 ? whole : whole.slice(cut + separator.length);
  const said = parseObject(server);
  const user = tidy(text(said, "serverData"));
  const nickname = tidy(text(parseObject(client), "clientData")) || user;
  return { nickname, user, role: isRole(said["role"]) ? said["role"] : null };
}

/** Whether a connection says that it carries a screen. Only how it is shown depends on it. */
export function readScreen(data: string | undefined): boolean {
  const whole = data ?? "";
  const cut = whole.lastIndexOf(separator);
  return cut >= 0 && parseObject(whole.slice(0, cut))["screen"] === true;
}

/** What a browser sends as its own part. */
export const clientData = (nickname: string, screen: boolean): object =>
  screen ? { clientData: nickname, screen } : { clientData: nickname };
