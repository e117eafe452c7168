/** Who is in the call and what they send; and, for moderators, what can be done about it. */
import type { Actions } from "../actions";
import type { CallState, Question } from "../call-state";
import type { Role } from "../identity";
import type { Member } from "../members";
import { words } from "../messages";
import { Avatar } from "../parts/Avatar";
import { Names } from "../parts/Names";

interface Props {
  readonly call: CallState;
  readonly role: Role;
  readonly actions: Actions;
}

export function People({ call, role, actions }: Props) {
  return (
    <ul class="people" aria-label={words.people.title}>
      {call.members.map((member) => (
        <li key={member.connectionId} data-user={member.user}>
          <Avatar name={member.nickname} />
          <div class="person">
            <Names member={member} />
            <span class="person-state">
              {statesOf(member, role, call.speaking).map((state) => (
                <span key={state}>{state}</span>
              ))}
            </span>
            {role === "MODERATOR" && !member.self ? (
              <Moderation member={member} actions={actions} />
            ) : null}
          </div>
        </li>
      ))}
    </ul>
  );
}

/** The server tells everybody's name, and only one's own role. */
function statesOf(member: Member, role: Role, speaking: readonly string[]): readonly string[] {
  const { sending, self, screen, connectionId } = member;
  const own = self && !screen ? [words.roles[role]] : [];
  if (screen) return [words.people.screen];
  if (sending === null) return [...own, words.people.watches];
  return [
    ...own,
    sending.microphone
      ? speaking.includes(connectionId)
        ? words.people.speaks
        : words.people.microphoneOn
      : words.call.microphoneOff,
    sending.camera ? words.people.cameraOn : words.people.cameraOff,
  ];
}

function Moderation({ member, actions }: { member: Member; actions: Actions }) {
  const { connectionId, nickname, sending } = member;
  const ask = (what: Question["what"]) => actions.ask({ what, connectionId, nickname });
  return (
    <span class="buttons">
      {sending === null ? null : (
        <button
          type="button"
          class="chip"
          aria-label={words.people.stopOf(nickname)}
          onClick={() => ask("stop")}
        >
          {words.people.stop}
        </button>
      )}
      <button
        type="button"
        class="chip"
        aria-label={words.people.removeOf(nickname)}
        onClick={() => ask("remove")}
      >
        {words.people.remove}
      </button>
    </span>
  );
}
