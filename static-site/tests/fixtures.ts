/** Values that several tests need. */
import type { Member, Sending } from "../src/call";
import type { Identity } from "../src/identity";

export const ann: Identity = { user: "publisher1", role: "PUBLISHER", expiresAt: 2_000_000_000 };
export const choice = { sessionName: "TUTORIAL", nickname: "Ann" };
export const problem = { code: "offline" };

export const sending: Sending = { media: null, camera: true, microphone: true, broken: false };

export function member(connectionId: string, more: Partial<Member> = {}): Member {
  const names = { nickname: `nick-${connectionId}`, user: `user-${connectionId}` };
  return { connectionId, ...names, self: false, sending, ...more };
}
