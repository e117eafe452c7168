/** In a call: the main video, everybody's tile, who only watches, and the way out. */
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Actions } from "../actions";
import type { Member } from "../call";
import { mainMember } from "../call-state";
import { words } from "../messages";
import { Icon } from "../parts/Icon";
import { Names } from "../parts/Names";
import { Picture, Tile } from "../parts/Tile";
import type { InCallState } from "../state";
import { CallControls } from "./CallControls";
import { CallNews } from "./CallNews";
import { CallNotices } from "./CallNotices";

interface Props {
  readonly state: InCallState;
  readonly actions: Actions;
}

export function CallScreen({ state, actions }: Props) {
  const { call, choice } = state;
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => heading.current?.focus(), []);

  const main = mainMember(call);
  const watching = call.members.filter((member) => member.sending === null);
  return (
    <div class="call">
      <header class="call-head">
        <h1 ref={heading} tabIndex={-1}>
          <bdi>{choice.sessionName}</bdi>
        </h1>
        <p>
          <Icon drawing="person" /> {words.call.people(call.members.length)}
        </p>
      </header>
      <CallNotices call={call} actions={actions} />
      <main class="stage">
        <MainVideo member={main} alone={call.members.length < 2} onBlocked={actions.soundBlocked} />
        <div class="side">
          <ul class="tiles" aria-label={words.call.tiles}>
            {call.members.map((member) =>
              member.sending === null ? null : (
                <li key={member.connectionId}>
                  <Tile
                    member={member}
                    sending={member.sending}
                    large={member === main}
                    onChoose={actions.choose}
                    onBlocked={actions.soundBlocked}
                  />
                </li>
              ),
            )}
          </ul>
          <Watching members={watching} />
        </div>
      </main>
      <CallControls call={call} actions={actions} />
      <CallNews news={call.news} />
    </div>
  );
}

interface MainVideoProps {
  readonly member: Member | null;
  readonly alone: boolean;
  readonly onBlocked: () => void;
}

function MainVideo({ member, alone, onBlocked }: MainVideoProps) {
  return (
    <figure class="main-video" aria-label={words.call.mainVideo}>
      {member?.sending ? (
        // Always muted: the tile of the same person carries the sound.
        <Picture member={member} sending={member.sending} muted onBlocked={onBlocked} />
      ) : (
        <span class="picture" data-camera="off">
          <span class="picture-state">{words.call.nobodySends}</span>
        </span>
      )}
      <figcaption>
        {member === null ? null : <Names member={member} />}
        {alone ? <span class="alone">{words.call.alone}</span> : null}
      </figcaption>
    </figure>
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
