/** What needs to be known in a call: a lost connection, silent sound, devices that do not work. */
import type { Actions } from "../actions";
import { type CallState, type Sharing, isHereTwice } from "../call-state";
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
      {call.reconnecting ? <Notice tone="problem">{words.call.reconnecting}</Notice> : null}
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
      {call.sharing === null ? null : <SharingNotice sharing={call.sharing} actions={actions} />}
    </div>
  );
}

function SharingNotice({ sharing, actions }: { sharing: Sharing; actions: Actions }) {
  if (sharing.busy) return <Notice tone="info">{words.call.asking}</Notice>;
  const text = sharing.problem === null ? troubleOf(sharing) : describe(sharing.problem);
  if (text === null || sharing.quiet) return null;
  return (
    <Notice
      tone="problem"
      actions={
        <>
          <button type="button" class="button" onClick={() => void actions.share()}>
            {words.tryAgain}
          </button>
          <button type="button" class="button quiet" onClick={() => actions.closeSharingNotice()}>
            {words.close}
          </button>
        </>
      }
    >
      {text}
    </Notice>
  );
}

/** What does not work, what to do about it, and what works all the same. */
function troubleOf({ report }: Sharing): string | null {
  const trouble = report && describeDevices(report, browserOf(navigator.userAgent));
  return trouble && `${trouble} ${describeRest(report) ?? ""}`;
}
