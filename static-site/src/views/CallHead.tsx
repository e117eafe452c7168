/** The bar above the videos: the call's name, size and duration, and its layout. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Actions } from "../actions";
import { people } from "../call-state";
import { words } from "../messages";
import { CopyLink } from "../parts/CopyLink";
import { Icon } from "../parts/Icon";
import type { InCallState } from "../state";

interface Props {
  readonly state: InCallState;
  readonly actions: Actions;
}

export function CallHead({ state, actions }: Props) {
  const { call, choice } = state;
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => heading.current?.focus(), []);
  const other = call.layout === "gallery" ? "speaker" : "gallery";
  return (
    <header class="call-head">
      <h1 ref={heading} tabIndex={-1}>
        <bdi>{choice.sessionName}</bdi>
      </h1>
      <div class="call-facts">
        <p>
          <Icon drawing="person" /> {words.call.people(people(call).length)}
        </p>
        <Duration />
      </div>
      <div class="call-tools">
        <CopyLink look="tool" />
        <button
          type="button"
          class="tool"
          aria-label={words.call[other]}
          title={words.call[other]}
          onClick={() => actions.setLayout(other)}
        >
          <Icon drawing={other} />
        </button>
        {document.fullscreenEnabled ? (
          <button
            type="button"
            class="tool"
            aria-label={words.call.fullScreen}
            title={words.call.fullScreen}
            onClick={turnFullScreen}
          >
            <Icon drawing="fullScreen" />
          </button>
        ) : null}
      </div>
    </header>
  );
}

/** If the browser refuses, nothing changes, which the user can see. */
export function turnFullScreen(): void {
  const turned =
    document.fullscreenElement === null
      ? document.documentElement.requestFullscreen()
      : document.exitFullscreen();
  turned.catch(() => undefined);
}

/** The time since this screen appeared. Nothing depends on it, so it is not in the state. */
function Duration() {
  const [start] = useState(() => Date.now());
  const [now, setNow] = useState(start);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <p role="timer" aria-label={words.call.duration}>
      {clock(Math.max(0, now - start))}
    </p>
  );
}

/** Minutes and seconds, and hours once there are any. */
export function clock(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1_000);
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const [hours = 0, ...rest] = parts;
  const shown = rest.map((part) => String(part).padStart(2, "0")).join(":");
  return hours > 0 ? `${String(hours)}:${shown}` : shown;
}
