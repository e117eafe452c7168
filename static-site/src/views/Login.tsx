/** The login form. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Actions } from "../actions";
import { describe, words } from "../messages";
import { Card } from "../parts/Card";
import { Field } from "../parts/Field";
import { Notice } from "../parts/Notice";
import type { LoginState } from "../state";

interface Props {
  readonly state: LoginState;
  readonly actions: Actions;
  readonly demoUsers: boolean;
}

export function Login({ state, actions, demoUsers }: Props) {
  const user = useRef<HTMLInputElement>(null);
  const pass = useRef<HTMLInputElement>(null);
  const [missing, setMissing] = useState<"user" | "pass" | null>(null);
  useLayoutEffect(() => user.current?.focus(), []);

  function submit(event: SubmitEvent) {
    event.preventDefault();
    if (user.current === null || pass.current === null || state.busy) return;
    const name = user.current.value.trim();
    const empty = name === "" ? user : pass.current.value === "" ? pass : null;
    setMissing(empty === null ? null : empty === user ? "user" : "pass");
    if (empty === null) void actions.logIn(name, pass.current.value);
    else empty.current?.focus();
  }

  function fillIn(name: string) {
    if (user.current !== null) user.current.value = name;
    if (pass.current !== null) pass.current.value = demo.pass;
  }

  return (
    <Card title={words.login.title}>
      {state.problem === null ? null : <Notice tone="problem">{describe(state.problem)}</Notice>}
      {state.resume ? <p>{words.login.resume(state.choice.sessionName)}</p> : null}
      <form onSubmit={submit} noValidate>
        <Field
          name="user"
          label={words.login.user}
          autocomplete="username"
          inputRef={user}
          problem={missing === "user" ? { code: "user_missing" } : null}
        />
        <Field
          name="pass"
          label={words.login.pass}
          secret
          autocomplete="current-password"
          inputRef={pass}
          problem={missing === "pass" ? { code: "pass_missing" } : null}
        />
        <button type="submit" class="button primary" aria-disabled={state.busy}>
          {state.busy ? words.login.busy : words.login.submit}
        </button>
      </form>
      {demoUsers ? <DemoUsers onPick={fillIn} /> : null}
    </Card>
  );
}

/** Users of a developer's machine. `config.json` says whether to list them. */
const demo = { users: ["publisher1", "publisher2", "subscriber", "moderator"], pass: "pass" };

function DemoUsers({ onPick }: { onPick: (user: string) => void }) {
  return (
    <section class="demo" aria-labelledby="demo-title">
      <h2 id="demo-title">{words.login.demoTitle}</h2>
      <p>
        {words.login.demoText} <code>{demo.pass}</code>
      </p>
      <ul>
        {demo.users.map((user) => (
          <li key={user}>
            <button
              type="button"
              class="chip"
              aria-label={words.login.demoFill(user)}
              onClick={() => onPick(user)}
            >
              {user}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
