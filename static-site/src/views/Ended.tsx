/** Says why a call has ended, and offers to join again. */
import type { Actions } from "../actions";
import { describe, describeEnd, words } from "../messages";
import { Card } from "../parts/Card";
import type { EndedState } from "../state";

interface Props {
  readonly state: EndedState;
  readonly actions: Actions;
}

export function Ended({ state, actions }: Props) {
  const { title, text } = describeEnd(state.because);
  return (
    <Card title={title} focusTitle>
      <p>{text}</p>
      {state.problem === null ? null : <p>{describe(state.problem)}</p>}
      <div class="buttons">
        <button
          type="button"
          class="button primary"
          onClick={() => void actions.join(state.choice)}
        >
          {words.ended.again}
        </button>
        <button type="button" class="button" onClick={() => actions.endSeen()}>
          {words.ended.back}
        </button>
      </div>
    </Card>
  );
}
