/** Holds the present state, and tells those who want to know when it changes. */
import { type AppEvent, type State, initialState, reduce } from "./state";

export interface Store {
  readonly state: () => State;
  readonly dispatch: (event: AppEvent) => void;
  readonly subscribe: (listener: (state: State) => void) => void;
}

export function createStore(): Store {
  let state = initialState;
  const listeners: ((state: State) => void)[] = [];
  return {
    state: () => state,
    dispatch(event) {
      const next = reduce(state, event);
      if (next === state) return;
      state = next;
      for (const listener of listeners) listener(state);
    },
    subscribe(listener) {
      listeners.push(listener);
    },
  };
}
