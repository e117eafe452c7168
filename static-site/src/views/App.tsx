/** Picks the screen that belongs to the state. */
import { useEffect } from "preact/hooks";
import type { Actions } from "../actions";
import { describe, describeEnd, words } from "../messages";
import { Card } from "../parts/Card";
import { Notice } from "../parts/Notice";
import type { State } from "../state";
import { CallScreen } from "./CallScreen";
import { Ended } from "./Ended";
import { Joining } from "./Joining";
import { Lobby } from "./Lobby";
import { Login } from "./Login";

export interface AppProps {
  readonly state: State;
  readonly actions: Actions;
  readonly demoUsers: boolean;
}

export function App({ state, actions, demoUsers }: AppProps) {
  const title = titleOf(state);
  useEffect(() => {
    document.title = title === words.appName ? title : `${title} · ${words.appName}`;
  }, [title]);

  switch (state.screen) {
    case "starting":
      return <Card title={words.starting} />;
    case "broken":
      return (
        <Card title={words.appName} focusTitle>
          <Notice
            tone="problem"
            actions={
              <button type="button" class="button" onClick={() => location.reload()}>
                {words.tryAgain}
              </button>
            }
          >
            {describe(state.problem)}
          </Notice>
        </Card>
      );
    case "login":
      return <Login state={state} actions={actions} demoUsers={demoUsers} />;
    case "lobby":
      return <Lobby state={state} actions={actions} />;
    case "joining":
      return <Joining state={state} actions={actions} />;
    case "call":
      return <CallScreen state={state} actions={actions} />;
    case "ended":
      return <Ended state={state} actions={actions} />;
  }
}

function titleOf(state: State): string {
  switch (state.screen) {
    case "starting":
    case "broken":
      return words.appName;
    case "login":
      return words.login.title;
    case "lobby":
      return words.lobby.title;
    case "joining":
      return words.joining.title(state.choice.sessionName);
    case "call":
      return state.choice.sessionName;
    case "ended":
      return describeEnd(state.because).title;
  }
}
