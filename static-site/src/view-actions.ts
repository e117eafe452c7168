/** Actions that only change what the page shows. */
import type { CallStateEvent, Question } from "./call-state";
import type { Layout, SetupEvent } from "./setup-state";
import type { Store } from "./store";

export interface ViewActions {
  readonly microphoneSilent: (silent: boolean) => void;
  readonly closePublishNotice: () => void;
  readonly choose: (connectionId: string) => void;
  readonly soundBlocked: () => void;
  readonly soundStarted: () => void;
  readonly setLayout: (layout: Layout) => void;
  readonly turnShortcuts: (on: boolean) => void;
  /** Asks a moderator to confirm; null closes the question. */
  readonly ask: (question: Question | null) => void;
  readonly closeProblem: () => void;
  /** Goes back to the join form after a call has ended. */
  readonly endSeen: () => void;
}

interface Ports {
  readonly dispatch: Store["dispatch"];
  readonly tellCall: (event: CallStateEvent) => void;
  readonly tellSetup: (event: SetupEvent) => void;
  /** Changes a preference, and remembers it. */
  readonly prefer: (event: SetupEvent) => void;
}

export const createViewActions = (ports: Ports): ViewActions => {
  const { dispatch, tellCall, tellSetup, prefer } = ports;
  return {
    microphoneSilent: (silent) => tellSetup({ type: "microphoneSilent", silent }),
    closePublishNotice: () => tellCall({ type: "publishNoticeClosed" }),
    choose: (connectionId) => tellCall({ type: "memberChosen", connectionId }),
    soundBlocked: () => tellCall({ type: "soundBlocked" }),
    soundStarted: () => tellCall({ type: "soundStarted" }),
    setLayout(layout) {
      tellCall({ type: "layoutChosen", layout });
      prefer({ type: "layoutPreferred", layout });
    },
    turnShortcuts(on) {
      tellCall({ type: "shortcutsTurned", on });
      prefer({ type: "shortcutsPreferred", on });
    },
    ask: (question) => tellCall({ type: "asked", question }),
    closeProblem: () => tellCall({ type: "refused", problem: null }),
    endSeen: () => dispatch({ type: "endSeen" }),
  };
};
