/** A labelled text field with a hint and an error text. */
import type { Ref } from "preact";
import { describe } from "../messages";
import type { Problem } from "../result";

interface Props {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly problem: Problem | null;
  /** Whether it is a password. */
  readonly secret?: boolean;
  readonly autocomplete?: string;
  readonly initial?: string;
  readonly inputRef?: Ref<HTMLInputElement>;
}

export function Field({ name, label, hint, problem, secret = false, ...rest }: Props) {
  const describedBy = [hint && `${name}-hint`, problem && `${name}-problem`].filter(Boolean);
  const attributes = {
    id: name,
    name,
    ref: rest.inputRef ?? null,
    defaultValue: rest.initial ?? "",
    autocomplete: rest.autocomplete ?? "off",
    autocapitalize: "none",
    spellcheck: false,
    "aria-required": true,
    "aria-invalid": problem !== null,
    "aria-describedby": describedBy.join(" ") || undefined,
  } as const;
  return (
    <div class="field">
      <label for={name}>{label}</label>
      {secret ? <input type="password" {...attributes} /> : <input type="text" {...attributes} />}
      {problem === null ? null : (
        <p class="field-problem" id={`${name}-problem`}>
          {describe(problem)}
        </p>
      )}
      {hint === undefined ? null : (
        <p class="field-hint" id={`${name}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}
