/** Who a participant is, as far as the video server tells. */
import { type Role, isRole } from "./identity";
import { longestName, undeceiving } from "./names";

export interface Names {
  /** The nickname they chose. It may be anything, so show it as text only. */
  readonly nickname: string;
  /** The user name, from the server; "" if it gives none. */
  readonly user: string;
  /** The role, from the server; null if it gives none. */
  readonly role: Role | null;
}

const controlCharacters = /\p{Cc}/gu;

const tidy = (name: string): string =>
  Array.from(undeceiving(name).replace(controlCharacters, "").trim())
    .slice(0, longestName)
    .join("");

/** The names as they are shown. Who has chosen no nickname is called by the user name. */
export function namesOf(nickname: string, user: string, role: unknown): Names {
  const tidied = tidy(user);
  return { nickname: tidy(nickname) || tidied, user: tidied, role: isRole(role) ? role : null };
}
