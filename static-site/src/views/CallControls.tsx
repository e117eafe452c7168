/** What one can do in a call: switch one's devices, and leave. */
import type { Actions } from "../actions";
import type { CallState } from "../call-state";
import type { Device } from "../devices";
import { words } from "../messages";
import { Icon } from "../parts/Icon";

interface Props {
  readonly call: CallState;
  readonly actions: Actions;
}

export function CallControls({ call, actions }: Props) {
  const sending = call.members.find((member) => member.self)?.sending ?? null;
  const { report = null } = call.sharing ?? {};
  return (
    <footer class="call-foot">
      {(["microphone", "camera"] as const).map((device) =>
        sending !== null && report?.[device] === null ? (
          <Switch
            key={device}
            device={device}
            on={sending[device]}
            onTurn={(on) => void actions.turn(device, on)}
          />
        ) : null,
      )}
      <button type="button" class="button danger" onClick={() => void actions.leave()}>
        <Icon drawing="leave" /> {words.call.leave}
      </button>
    </footer>
  );
}

interface SwitchProps {
  readonly device: Device;
  readonly on: boolean;
  readonly onTurn: (on: boolean) => void;
}

/** Named by what a click does, so that it needs no state of its own for a screen reader. */
function Switch({ device, on, onTurn }: SwitchProps) {
  return (
    <button type="button" class="button switch" data-on={on} onClick={() => onTurn(!on)}>
      <Icon drawing={on ? device : `${device}Off`} />
      {words.call.turn[device][on ? "off" : "on"]}
    </button>
  );
}
