/** The buttons of a call: devices, screen, panels, and leave. */
import type { Actions } from "../actions";
import { type CallState, type Panel, isOn } from "../call-state";
import type { Device } from "../devices";
import { words } from "../messages";
import { Icon, type Drawing } from "../parts/Icon";

interface Props {
  readonly call: CallState;
  readonly actions: Actions;
}

export function CallControls({ call, actions }: Props) {
  return (
    <footer class="call-foot">
      {call.publishing === null
        ? null
        : (["microphone", "camera"] as const).map((device) => (
            <Switch key={device} device={device} on={isOn(call, device)} actions={actions} />
          ))}
      {call.publishing === null ? null : <ScreenSwitch screen={call.screen} actions={actions} />}
      {(["chat", "people", "settings"] as const).map((panel) => (
        <PanelSwitch key={panel} panel={panel} call={call} actions={actions} />
      ))}
      <button type="button" class="button danger" onClick={() => void actions.leave()}>
        <Icon drawing="leave" /> {words.call.leave}
      </button>
    </footer>
  );
}

interface SwitchProps {
  readonly device: Device;
  readonly on: boolean;
  readonly actions: Actions;
}

/** Its name says what a click does, so it needs no pressed state for screen readers. */
function Switch({ device, on, actions }: SwitchProps) {
  return (
    <button
      type="button"
      class="button switch"
      data-on={on}
      onClick={() => void actions.setDeviceEnabled(device, !on)}
    >
      <Icon drawing={on ? device : `${device}Off`} />
      {words.call.turn[device][on ? "off" : "on"]}
    </button>
  );
}

function ScreenSwitch({ screen, actions }: { screen: CallState["screen"]; actions: Actions }) {
  // Phones cannot show their screen.
  if (!("getDisplayMedia" in ((navigator.mediaDevices as object | undefined) ?? {}))) return null;
  const on = screen !== "off";
  return (
    <button type="button" class="button" onClick={() => void actions.showScreen(!on)}>
      <Icon drawing="screen" />
      {on ? words.call.stopScreen : words.call.showScreen}
    </button>
  );
}

const drawings = { chat: "chat", people: "person", settings: "settings" } as const satisfies Record<
  Panel,
  Drawing
>;

interface PanelSwitchProps extends Props {
  readonly panel: Panel;
}

function PanelSwitch({ panel, call, actions }: PanelSwitchProps) {
  const open = call.panel === panel;
  const { unread } = call.chat;
  return (
    <button
      type="button"
      class="button"
      aria-expanded={open}
      onClick={() => actions.showPanel(open ? null : panel)}
    >
      <Icon drawing={drawings[panel]} />
      {words[panel].title}
      {panel === "chat" && unread > 0 ? (
        <span class="badge">
          <span aria-hidden="true">{unread}</span>
          <span class="visually-hidden">{words.chat.unread(unread)}</span>
        </span>
      ) : null}
    </button>
  );
}
