/** The videos: one large and the others small, or all of the same size. */
import { useRef } from "preact/hooks";
import type { Actions } from "../actions";
import { type CallState, mainMember } from "../call-state";
import { type Member, isWatching, nothingSent } from "../members";
import { words } from "../messages";
import { CopyLink } from "../parts/CopyLink";
import { Names } from "../parts/Names";
import { Picture, Tile } from "../parts/Tile";
import { useGallery } from "../parts/useGallery";

interface Props {
  readonly call: CallState;
  readonly actions: Actions;
}

export function Videos({ call, actions }: Props) {
  const main = mainMember(call);
  const shown = call.members.filter((member) => !isWatching(member));
  const gallery = call.layout === "gallery";
  const list = useRef<HTMLUListElement>(null);
  useGallery(list, shown.length, gallery);
  return (
    <main class="stage" data-layout={call.layout}>
      {gallery ? null : <MainVideo member={main} onBlocked={actions.soundBlocked} />}
      <div class="side">
        <ul class="tiles" ref={list} aria-label={words.call.tiles}>
          {shown.map((member) => (
            <li key={member.connectionId}>
              <Tile
                member={member}
                sending={member.sending ?? nothingSent}
                large={!gallery && member === main}
                speaking={call.speaking.includes(member.connectionId)}
                onChoose={actions.choose}
                onBlocked={actions.soundBlocked}
              />
            </li>
          ))}
        </ul>
        {call.members.length < 2 ? <Alone /> : null}
        <Watching members={call.members.filter(isWatching)} />
      </div>
    </main>
  );
}

interface MainVideoProps {
  readonly member: Member | null;
  readonly onBlocked: () => void;
}

function MainVideo({ member, onBlocked }: MainVideoProps) {
  return (
    <figure class="main-video" aria-label={words.call.mainVideo}>
      {member?.sending ? (
        // Always muted: the sound comes from the person's tile.
        <Picture member={member} sending={member.sending} muted onBlocked={onBlocked} />
      ) : (
        <span class="picture" data-camera="off">
          <span class="picture-state">{words.call.nobodySends}</span>
        </span>
      )}
      <figcaption>{member === null ? null : <Names member={member} />}</figcaption>
    </figure>
  );
}

function Alone() {
  return (
    <section class="alone">
      <p>{words.call.alone}</p>
      <CopyLink look="button" />
    </section>
  );
}

function Watching({ members }: { members: readonly Member[] }) {
  if (members.length === 0) return null;
  return (
    <section class="watching" aria-labelledby="watching-title">
      <h2 id="watching-title">{words.call.watching}</h2>
      <ul>
        {members.map((member) => (
          <li key={member.connectionId} data-user={member.user}>
            <Names member={member} />
          </li>
        ))}
      </ul>
    </section>
  );
}
