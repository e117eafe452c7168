/** A participant's nickname and, apart from it, the user name that the server knows. */
import type { Member } from "../members";
import { words } from "../messages";

export function Names({ member }: { member: Member }) {
  return (
    <span class="names">
      <bdi class="nickname">{member.nickname || words.unnamed}</bdi>
      {member.screen ? <span class="you"> · {words.call.screenOf}</span> : null}
      {member.self ? <span class="you"> ({words.you})</span> : null}
      <bdi class="user">{member.user}</bdi>
    </span>
  );
}
