/** What may go wrong is part of the type: a caller cannot reach the value without looking. */
import type { ProblemCode } from "./problems";

/** A failure, named by a stable code. `messages.ts` has the words for it. */
export interface Problem {
  readonly code: ProblemCode;
  /** The server's name for the request, to quote when asking for help. */
  readonly reference?: string;
  /** After how many seconds the server would like to be asked again. */
  readonly retryAfter?: number;
  /** A page where something can be done about it. */
  readonly link?: string;
}

export type Result<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: Problem };

export const ok = <T>(value: T): Result<T> => ({ ok: true, value });

export const failed = (code: ProblemCode, reference?: string): Result<never> => ({
  ok: false,
  error: reference === undefined ? { code } : { code, reference },
});
