/** Shows the microphone's level ten times a second. Nothing else needs it, so it is not in the state. */
import { useEffect, useRef } from "preact/hooks";
import { words } from "../messages";
import { Icon } from "./Icon";
import { listenTo } from "../sound";

interface Props {
  readonly track: MediaStreamTrack;
  readonly onSilent: (silent: boolean) => void;
}

export function LevelMeter({ track, onSilent }: Props) {
  const meter = useRef<HTMLMeterElement>(null);
  useEffect(
    () =>
      listenTo(track, {
        level: (level) => {
          if (meter.current !== null) meter.current.value = level;
        },
        silent: onSilent,
      }),
    [track, onSilent],
  );
  return (
    <p class="level">
      <Icon drawing="microphone" />
      <meter ref={meter} min={0} max={1} aria-label={words.setup.level} />
    </p>
  );
}
