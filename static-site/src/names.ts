/** The names people type: what is accepted, by the same rules as the server. */
import { type Result, failed, ok } from "./result";

/** How many characters (not bytes) a name may have. */
export const longestName = 64;

const controlCharacters = /\p{Cc}/u;

/** `raw` without the blanks around it, when it may name a call or a person. */
export function parseName(raw: string): Result<string> {
  const name = raw.trim();
  if (name === "") return failed("name_missing");
  if (controlCharacters.test(name)) return failed("name_has_control_characters");
  if (Array.from(name.normalize("NFC")).length > longestName) return failed("name_too_long");
  return ok(name);
}
