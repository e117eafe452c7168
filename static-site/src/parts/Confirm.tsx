/** Asks the user to confirm. Escape means no. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { words } from "../messages";

interface Props {
  readonly question: string;
  readonly yes: string;
  readonly onYes: () => void;
  readonly onNo: () => void;
}

export function Confirm({ question, yes, onYes, onNo }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    if (dialog.current?.open === false) dialog.current.showModal();
  }, []);
  return (
    <dialog class="card confirm" ref={dialog} aria-labelledby="question" onClose={onNo}>
      <p id="question">{question}</p>
      <div class="buttons">
        <button type="button" class="button" autofocus onClick={onNo}>
          {words.joining.cancel}
        </button>
        <button type="button" class="button danger" onClick={onYes}>
          {yes}
        </button>
      </div>
    </dialog>
  );
}
