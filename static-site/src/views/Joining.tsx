/** While joining. It says so when it takes long, as when many join at once. */
import type { Actions } from "../actions";
import { words } from "../messages";
import { Card } from "../parts/Card";
import type { JoiningState } from "../state";

interface Props {
  readonly state: JoiningState;
  readonly actions: Actions;
}

export function Joining({ state, actions }: Props) {
  return (
    <Card title={words.joining.title(state.choice.sessionName)} focusTitle>
      <div class="progress" aria-hidden="true" />
      <p role="status">{words.joining.wait[state.wait]}</p>
      <button type="button" class="button" onClick={() => actions.cancelJoin()}>
        {words.joining.cancel}
      </button>
    </Card>
  );
}
