/**
 * Reads who a participant of OpenVidu's is from the data of their connection.
 *
 * OpenVidu joins two texts by `%/%`. The left one comes from the participant's
 * browser and may claim anything; the right one comes from our server. So only
 * the text behind the *last* separator says who the user is.
 */
import { parseObject, text } from "./json";
import { type Names, namesOf } from "./person";

const separator = "%/%";

/** Reads the names from `connection.data`. */
export function readNames(data: string | undefined): Names {
  const whole = data ?? "";
  const cut = whole.lastIndexOf(separator);
  // The server always sets its part, so a text without a separator is the server's.
  const client = cut < 0 ? "" : whole.slice(0, cut);
  const server = cut < 0 ? whole : whole.slice(cut + separator.length);
  const said = parseObject(server);
  const nickname = text(parseObject(client), "clientData");
  return namesOf(nickname, text(said, "serverData"), said["role"]);
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
