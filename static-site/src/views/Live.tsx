/** Draws the page again whenever the state has changed. */
import { useLayoutEffect, useState } from "preact/hooks";
import type { Actions } from "../actions";
import type { Store } from "../store";
import { App } from "./App";

interface Props {
  readonly store: Store;
  readonly actions: Actions;
  readonly demoUsers: boolean;
}

/**
 * Effects may dispatch. Going through `setState` queues another render instead of
 * re-entering this one, which would run the same effect again and again.
 */
export function Live({ store, ...rest }: Props) {
  const [state, setState] = useState(store.state);
  useLayoutEffect(() => {
    const stop = store.subscribe(setState);
    // The effects of the first render may have changed the state already.
    setState(store.state());
    return stop;
  }, [store]);
  return <App state={state} {...rest} />;
}
