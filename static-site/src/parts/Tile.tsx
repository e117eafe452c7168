/** A participant's video with their names. A click shows them large. */
import type { Member, Sending } from "../members";
import { words } from "../messages";
import { Avatar } from "./Avatar";
import { Icon } from "./Icon";
import { Names } from "./Names";
import { Video } from "./Video";

interface PictureProps {
  readonly member: Member;
  readonly sending: Sending;
  readonly muted: boolean;
  readonly onBlocked: () => void;
}

/** The video. Its sound goes on while the camera is off. */
export function Picture({ member, sending, muted, onBlocked }: PictureProps) {
  return (
    <span
      class="picture"
      data-camera={sending.camera ? "on" : "off"}
      data-screen={member.screen || undefined}
    >
      <Video
        media={sending.media}
        muted={muted}
        mirrored={member.self && !member.screen}
        onBlocked={onBlocked}
      />
      {sending.camera && !sending.broken && sending.media !== null ? null : (
        <Avatar name={member.nickname} />
      )}
      <PictureState sending={sending} />
    </span>
  );
}

function PictureState({ sending }: { sending: Sending }) {
  if (sending.broken) return <span class="picture-state">{words.call.broken}</span>;
  const off = !sending.camera && !sending.microphone;
  if (sending.media === null && !off)
    return <span class="picture-state">{words.call.arriving}</span>;
  return null;
}

interface TileProps {
  readonly member: Member;
  readonly sending: Sending;
  readonly large: boolean;
  readonly speaking: boolean;
  readonly onChoose: (connectionId: string) => void;
  readonly onBlocked: () => void;
}

export function Tile({ member, sending, large, speaking, onChoose, onBlocked }: TileProps) {
  return (
    <button
      type="button"
      class="tile"
      data-user={member.user}
      data-screen={member.screen || undefined}
      data-speaking={speaking || undefined}
      aria-pressed={large}
      onClick={() => onChoose(member.connectionId)}
    >
      <span class="visually-hidden">{words.call.show}</span>
      <Picture member={member} sending={sending} muted={member.self} onBlocked={onBlocked} />
      <span class="tile-foot">
        <Names member={member} />
        {member.quality === null ? null : (
          <span class="tile-mark" title={words.call.quality[member.quality]}>
            <Icon drawing={member.quality} />
            <span class="visually-hidden">{words.call.quality[member.quality]}</span>
          </span>
        )}
        {sending.microphone || member.screen ? null : (
          <span class="tile-mark">
            <Icon drawing="microphoneOff" />
            <span class="visually-hidden">{words.call.microphoneOff}</span>
          </span>
        )}
      </span>
    </button>
  );
}
