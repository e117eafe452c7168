/**
 * Reads who a participant is from the data of their connection.
 *
 * OpenVidu joins two texts by `%/%`. The left one comes from the participant's
 * browser and may claim anything; the right one comes from our server. So only
 * the text behind the *last* separator says who the user is.
 */
import { type Role, isRole } from "./identity";
import { parseObject, text } from "./json";
import { longestName, undeceiving } from "./names";

export interface Names {
  /** The nickname they chose. It may be anything, so show it as text only. */
  readonly nickname: string;
  /** The user name, from the server; "" if it gives none. */
  readonly user: string;
  /** The role, from the server; null if it gives none. */
  readonly role: Role | null;
}

const separator = "%/%";

const controlCharacters = /\p{Cc}/gu;

const tidy = (name: string): string =>
  Array.from(undeceiving(name).replace(controlCharacters, "").trim())
    .slice(0, longestName)
    .join("");

/** Reads the names from `connection.data`. */
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

/** Whether a connection claims to carry a screen. It only changes how the tile looks. */
export function readScreen(data: string | undefined): boolean {
  const whole = data ?? "";
  const cut = whole.lastIndexOf(separator);
  return cut >= 0 && parseObject(whole.slice(0, cut))["screen"] === true;
}

/** The browser's part of the data. */
export const clientData = (nickname: string, screen: boolean): object =>
  screen ? { clientData: nickname, screen } : { clientData: nickname };
