/** Notices of a call: a lost connection, blocked sound, devices that do not work. */
import type { Actions } from "../actions";
import { type CallState, type Publishing, isHereTwice } from "../call-state";
import { browserOf } from "../browser";
import { describe, describeDevices, describeRest, words } from "../messages";
import { Notice } from "../parts/Notice";
import { playAll } from "../parts/Video";

interface Props {
  readonly call: CallState;
  readonly actions: Actions;
}

export function CallNotices({ call, actions }: Props) {
  function startSound() {
    playAll();
    actions.soundStarted();
  }
  return (
    <div class="notices">
      {call.connection === "up" ? null : (
        <Notice tone="problem">{words.call.connection[call.connection]}</Notice>
      )}
      {call.connection === "up" && call.screen === "away" ? (
        <Notice tone="problem">{words.call.screenAway}</Notice>
      ) : null}
      {isHereTwice(call) ? <Notice tone="info">{words.call.twice}</Notice> : null}
      {call.soundBlocked ? (
        <Notice
          tone="info"
          actions={
            <button type="button" class="button primary" onClick={startSound}>
              {words.call.startSound}
            </button>
          }
        >
          {words.call.soundBlocked}
        </Notice>
      ) : null}
      {call.problem === null ? null : (
        <Notice
          tone="problem"
          actions={
            <button type="button" class="button quiet" onClick={() => actions.closeProblem()}>
              {words.close}
            </button>
          }
        >
          {describe(call.problem)}
        </Notice>
      )}
      {call.publishing === null ? null : (
        <PublishNotice publishing={call.publishing} actions={actions} />
      )}
    </div>
  );
}

function PublishNotice({ publishing, actions }: { publishing: Publishing; actions: Actions }) {
  if (publishing.busy) return <Notice tone="info">{words.call.asking}</Notice>;
  const text = publishing.problem === null ? troubleOf(publishing) : describe(publishing.problem);
  if (text === null || publishing.quiet) return null;
  return (
    <Notice
      tone="problem"
      actions={
        <>
          <button type="button" class="button" onClick={() => void actions.publish()}>
            {words.tryAgain}
          </button>
          <button type="button" class="button quiet" onClick={() => actions.closePublishNotice()}>
            {words.close}
          </button>
        </>
      }
    >
      {text}
    </Notice>
  );
}

/** What does not work, what to do about it, and what still works. */
function troubleOf({ report }: Publishing): string | null {
  const trouble = report && describeDevices(report, browserOf(navigator.userAgent));
  return trouble && `${trouble} ${describeRest(report) ?? ""}`;
}
