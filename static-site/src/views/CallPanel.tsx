/** The panel beside the videos: chat, people or settings. */
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Actions } from "../actions";
import type { Panel } from "../call-state";
import { mayPublish } from "../identity";
import { words } from "../messages";
import { Icon } from "../parts/Icon";
import { shortcuts } from "../shortcuts";
import type { InCallState } from "../state";
import { Chat } from "./Chat";
import { People } from "./People";
import { Pickers } from "./SetupPanel";

interface Props {
  readonly state: InCallState;
  readonly panel: Panel;
  readonly actions: Actions;
}

export function CallPanel({ state, panel, actions }: Props) {
  const title = useFocusWithin(panel);
  const close = () => actions.showPanel(null);
  return (
    <aside
      class="panel"
      aria-labelledby="panel-title"
      onKeyDown={({ key }) => key === "Escape" && close()}
    >
      <header>
        <h2 id="panel-title" ref={title} tabIndex={-1}>
          {words[panel].title}
        </h2>
        <button
          type="button"
          class="tool"
          aria-label={words.close}
          title={words.close}
          onClick={close}
        >
          <Icon drawing="close" />
        </button>
      </header>
      <Content state={state} panel={panel} actions={actions} />
    </aside>
  );
}

/** Moves the focus to the title of a panel that opens, and back when it closes. */
function useFocusWithin(panel: Panel) {
  const title = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => {
    const before = document.activeElement;
    const element = title.current?.closest("aside");
    title.current?.focus();
    return () => {
      const isWithin = element?.contains(document.activeElement) === true;
      if (isWithin && before instanceof HTMLElement) before.focus();
    };
  }, [panel]);
  return title;
}

function Content({ state, panel, actions }: Props) {
  const { call, identity } = state;
  switch (panel) {
    case "chat":
      return <Chat chat={call.chat} actions={actions} />;
    case "people":
      return <People call={call} role={identity.role} actions={actions} />;
    case "settings":
      return <Settings state={state} actions={actions} />;
  }
}

function Settings({ state, actions }: Omit<Props, "panel">) {
  return (
    <div class="settings">
      {mayPublish(state.identity.role) ? <Pickers setup={state.setup} actions={actions} /> : null}
      <label class="check">
        <input
          type="checkbox"
          checked={state.call.shortcuts}
          onChange={({ currentTarget }) => actions.turnShortcuts(currentTarget.checked)}
        />
        {words.settings.shortcuts}
      </label>
      <dl class="shortcuts">
        {shortcuts.map(({ key, does }) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{words.settings.keys[does]}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
