/** Keeps the latest value at hand for effects that must not run again when it changes. */
import { useLayoutEffect, useRef } from "preact/hooks";

export function useLatest<T>(value: T): { readonly current: T } {
  const latest = useRef(value);
  useLayoutEffect(() => {
    latest.current = value;
  });
  return latest;
}
