/** Holds the current state, and tells its listeners when it changes. */
import { type AppEvent, type State, initialState, reduce } from "./state";

type Listener = (state: State) => void;

export interface Store {
  readonly state: () => State;
  readonly dispatch: (event: AppEvent) => void;
  /** Calls `listener` after every change, until the returned function is called. */
  readonly subscribe: (listener: Listener) => () => void;
}

export function createStore(): Store {
  let state = initialState;
  const listeners = new Set<Listener>();
  return {
    state: () => state,
    dispatch(event) {
      const next = reduce(state, event);
      if (next === state) return;
      state = next;
      for (const listener of listeners) listener(state);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
