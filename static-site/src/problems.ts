/** The codes of all problems. The English catalogue is the list, so each code has its words. */
import { en } from "./words/en";

type SpokenCode = keyof typeof en.problems;

/** Problems that the page deals with itself, so nobody reads of them. */
type UnspokenCode = "call_left" | "cancelled" | "token_dead";

export type ProblemCode = SpokenCode | UnspokenCode;

export const isSpoken = (code: string): code is SpokenCode => Object.hasOwn(en.problems, code);
