/** The screen of a call: videos, panel and buttons. */
import type { Actions } from "../actions";
import { type CallState, isOn } from "../call-state";
import { words } from "../messages";
import { Confirm } from "../parts/Confirm";
import { Speaker } from "../parts/Video";
import { useShortcuts } from "../parts/useShortcuts";
import type { Shortcut } from "../shortcuts";
import type { InCallState } from "../state";
import { CallControls } from "./CallControls";
import { CallHead, turnFullScreen } from "./CallHead";
import { CallNews } from "./CallNews";
import { CallNotices } from "./CallNotices";
import { CallPanel } from "./CallPanel";
import { Videos } from "./Videos";

interface Props {
  readonly state: InCallState;
  readonly actions: Actions;
}

export function CallScreen({ state, actions }: Props) {
  const { call, setup } = state;
  const { panel, question } = call;
  useShortcuts(call.shortcuts && question === null, (shortcut) => act(shortcut, call, actions));
  return (
    <Speaker.Provider value={setup.preferences.speaker}>
      <div class="call" data-panel={panel !== null}>
        <CallHead state={state} actions={actions} />
        <CallNotices call={call} actions={actions} />
        <Videos call={call} actions={actions} />
        {panel === null ? null : <CallPanel state={state} panel={panel} actions={actions} />}
        <CallControls call={call} actions={actions} />
        <CallNews news={call.news} />
        {question === null ? null : (
          <Confirm
            question={words.people.sure[question.what](question.nickname)}
            yes={words.people[question.what]}
            onYes={() => void actions.confirm()}
            onNo={() => actions.ask(null)}
          />
        )}
      </div>
    </Speaker.Provider>
  );
}

/** A key does the same as the button with its name. */
function act(shortcut: Shortcut, call: CallState, actions: Actions): void {
  switch (shortcut) {
    case "microphone":
    case "camera":
      if (call.publishing !== null) void actions.setDeviceEnabled(shortcut, !isOn(call, shortcut));
      return;
    case "screen":
      if (call.publishing !== null) void actions.showScreen(call.screen === "off");
      return;
    case "chat":
    case "people":
      actions.showPanel(call.panel === shortcut ? null : shortcut);
      return;
    case "layout":
      actions.setLayout(call.layout === "gallery" ? "speaker" : "gallery");
      return;
    case "fullScreen":
      turnFullScreen();
  }
}
