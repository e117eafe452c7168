/** Who is logged in, and how a reload remembers it. Never a password, never a token. */
import { parseObject, text } from "./json";
import type { Memory } from "./memory";

/** The roles, and whether each sends video and sound. */
const publishes = { SUBSCRIBER: false, PUBLISHER: true, MODERATOR: true };
export type Role = keyof typeof publishes;

export const isRole = (value: unknown): value is Role =>
  typeof value === "string" && Object.hasOwn(publishes, value);

/** Whether `role` sends video and sound. The role comes from the server, never from a name. */
export const mayPublish = (role: Role): boolean => publishes[role];

export interface Identity {
  readonly user: string;
  readonly role: Role;
  /** Unix seconds. */
  readonly expiresAt: number;
}

const key = "identity";
const ownerKey = "cookieOwner";

/** Remembers `identity` for as long as this tab lives. */
export function remember(identity: Identity, storage: Memory): void {
  const { user, role, expiresAt } = identity;
  storage.setItem(key, JSON.stringify({ user, role, expiresAt }));
}

export const forget = (storage: Memory): void => storage.removeItem(key);

/** The identity remembered in this tab, unless it has expired. */
export function recall(storage: Memory, nowSeconds: number): Identity | null {
  const stored = parseObject(storage.getItem(key) ?? "");
  const user = text(stored, "user");
  const { role, expiresAt } = stored;
  if (user === "" || !isRole(role)) return null;
  if (typeof expiresAt !== "number" || expiresAt <= nowSeconds) return null;
  return { user, role, expiresAt };
}

/** Remembers whose login the browser's cookie is, which all tabs share. */
export const rememberOwner = (user: string, shared: Memory): void => shared.setItem(ownerKey, user);

/** Whether the browser's cookie is somebody else's: another tab has logged in since. */
export function isOverruled({ user }: Identity, shared: Memory): boolean {
  const owner = shared.getItem(ownerKey);
  return owner !== null && owner !== user;
}
