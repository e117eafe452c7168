/** Keeps the page true to the state: draws again whenever it has changed. */
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
 * An effect of a drawing may itself change the state. As a state of this component
 * that leads to the next drawing, after the present one; never to one inside it,
 * which would run the same effect again, and again.
 */
export function Live({ store, ...rest }: Props) {
  const [state, setState] = useState(store.state);
  useLayoutEffect(() => {
    const stop = store.subscribe(setState);
    // What the effects of the first drawing have changed.
    setState(store.state());
    return stop;
  }, [store]);
  return <App state={state} {...rest} />;
}
