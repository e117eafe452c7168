/** Which names are accepted, by the same rules as the server's. */
import { type Result, failed, ok } from "./result";

/** How many characters (not bytes) a name may have. */
export const longestName = 64;

const controlCharacters = /\p{Cc}/u;

/** Characters that change the direction of text, and letters that are invisible. */
const deceiving = /[\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff]/gu;

/** Blanks and fillers, which alone make no name. */
const invisible = /[\p{Z}\p{C}\u115f\u1160\u2800\u3164\uffa0]/gu;

/** `text` without the characters that could disguise it as another text. */
export const undeceiving = (text: string): string => text.replace(deceiving, "");

/** Parses the name of a call or a user. `missing` is the problem if there is none. */
export function parseName(
  raw: string,
  missing: "call_name_missing" | "nickname_missing",
): Result<string> {
  const name = raw.trim();
  if (name === "") return failed(missing);
  if (controlCharacters.test(name) || undeceiving(name) !== name) {
    return failed("name_has_control_characters");
  }
  if (name.replace(invisible, "") === "") return failed(missing);
  if (Array.from(name.normalize("NFC")).length > longestName) return failed("name_too_long");
  return ok(name);
}
