/** The join form. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Actions } from "../actions";
import { describe, words } from "../messages";
import { parseName } from "../names";
import { Avatar } from "../parts/Avatar";
import { CertificateLink } from "../parts/CertificateLink";
import { Card } from "../parts/Card";
import { Field } from "../parts/Field";
import { Notice } from "../parts/Notice";
import { mayPublish } from "../identity";
import type { Problem } from "../result";
import type { LobbyState } from "../state";
import { ServersLine } from "./ServersLine";
import { SetupPanel } from "./SetupPanel";

interface Props {
  readonly state: LobbyState;
  readonly actions: Actions;
}

interface Problems {
  readonly sessionName: Problem | null;
  readonly nickname: Problem | null;
}

export function Lobby({ state, actions }: Props) {
  const sessionName = useRef<HTMLInputElement>(null);
  const nickname = useRef<HTMLInputElement>(null);
  const submitButton = useRef<HTMLButtonElement>(null);
  const [problems, setProblems] = useState<Problems>({ sessionName: null, nickname: null });
  useLayoutEffect(() => {
    const empty = [sessionName, nickname].find(({ current }) => current?.value === "");
    (empty ?? submitButton).current?.focus();
  }, []);

  function submit(event: SubmitEvent) {
    event.preventDefault();
    const call = parseName(sessionName.current?.value ?? "", "call_name_missing");
    const self = parseName(nickname.current?.value ?? "", "nickname_missing");
    if (call.ok && self.ok) {
      void actions.join({ sessionName: call.value, nickname: self.value });
      return;
    }
    setProblems({
      sessionName: call.ok ? null : call.error,
      nickname: self.ok ? null : self.error,
    });
    (call.ok ? nickname : sessionName).current?.focus();
  }

  const { user, role } = state.identity;
  return (
    <Card title={words.lobby.title}>
      <ProblemNotice problem={state.problem} />
      <form onSubmit={submit} noValidate>
        <Field
          name="sessionName"
          label={words.lobby.sessionName}
          hint={words.lobby.sessionNameHint}
          initial={state.choice.sessionName}
          inputRef={sessionName}
          problem={problems.sessionName}
        />
        <Field
          name="nickname"
          label={words.lobby.nickname}
          hint={words.lobby.nicknameHint}
          autocomplete="nickname"
          initial={state.choice.nickname}
          inputRef={nickname}
          problem={problems.nickname}
        />
        {mayPublish(role) ? <SetupPanel setup={state.setup} actions={actions} /> : null}
        <ServersLine servers={state.servers} actions={actions} />
        <p class="aside">{words.lobby.whatHappens[role]}</p>
        <button type="submit" class="button primary" ref={submitButton}>
          {words.lobby.submit}
        </button>
      </form>
      <div class="whoami">
        <Avatar name={user} />
        <span class="names">
          <bdi class="nickname">{user}</bdi>
          <span class="user">{words.roles[role]}</span>
        </span>
        <button
          type="button"
          class="button quiet"
          disabled={state.busy}
          onClick={() => void actions.logOut()}
        >
          {state.busy ? words.lobby.loggingOut : words.lobby.logOut}
        </button>
      </div>
    </Card>
  );
}

function ProblemNotice({ problem }: { problem: Problem | null }) {
  if (problem === null) return null;
  const { link } = problem;
  return (
    <Notice
      tone="problem"
      {...(link === undefined ? {} : { actions: <CertificateLink link={link} /> })}
    >
      {describe(problem)}
    </Notice>
  );
}
