/** Lists who is in the call and what they send. Moderators can stop and remove them. */
import type { Actions } from "../actions";
import type { CallState, Question } from "../call-state";
import type { Role } from "../identity";
import { type Member, isWatching, nothingSent } from "../members";
import { words } from "../messages";
import { Avatar } from "../parts/Avatar";
import { type Drawing, Icon } from "../parts/Icon";
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
            {member.role === null ? null : <span class="role">{words.roles[member.role]}</span>}
          </div>
          <States member={member} speaking={call.speaking.includes(member.connectionId)} />
          {role === "MODERATOR" && !member.self ? (
            <Moderation member={member} actions={actions} />
          ) : null}
        </li>
      ))}
    </ul>
  );
}

/** What somebody sends, as icons and, for screen readers, as words. */
function States({ member, speaking }: { member: Member; speaking: boolean }) {
  return (
    <span class="person-states">
      {statesOf(member, speaking).map(({ drawing, text }) => (
        <span key={text} title={text} data-off={drawing.endsWith("Off") || undefined}>
          <Icon drawing={drawing} />
          <span class="visually-hidden">{text}</span>
        </span>
      ))}
    </span>
  );
}

interface PersonState {
  readonly drawing: Drawing;
  readonly text: string;
}

function statesOf(member: Member, speaking: boolean): readonly PersonState[] {
  if (member.screen) return [{ drawing: "screen", text: words.people.screen }];
  if (isWatching(member)) return [{ drawing: "watching", text: words.people.watches }];
  const { microphone, camera } = member.sending ?? nothingSent;
  const on = speaking ? words.people.speaks : words.people.microphoneOn;
  const { quality } = member;
  return [
    ...(quality === null ? [] : [{ drawing: quality, text: words.call.quality[quality] }]),
    microphone
      ? { drawing: speaking ? "sound" : "microphone", text: on }
      : { drawing: "microphoneOff", text: words.call.microphoneOff },
    camera
      ? { drawing: "camera", text: words.people.cameraOn }
      : { drawing: "cameraOff", text: words.people.cameraOff },
  ];
}

function Moderation({ member, actions }: { member: Member; actions: Actions }) {
  const { connectionId, nickname, screen, sending, stoppable } = member;
  // Removing the screen would remove the person.
  if (screen && !stoppable) return null;
  const ask = (what: Question["what"]) => actions.ask({ what, connectionId, nickname });
  return (
    <span class="buttons">
      {sending === null || !stoppable ? null : (
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
