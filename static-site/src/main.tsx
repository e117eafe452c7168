/** Wires the parts together and starts them. */
import { render } from "preact";
import { createActions } from "./actions";
import { createApi } from "./api";
import { connectCall, loadLibrary } from "./call";
import { loadConfig } from "./config";
import { openDevices } from "./devices";
import { forget, recall, remember } from "./identity";
import { language, pickLanguage, speak } from "./messages";
import { createStore } from "./store";
import { App } from "./views/App";
import "./styles/base.css";
import "./styles/forms.css";
import "./styles/call.css";

/** The address that leads to the join form of a call. */
const linkTo = (sessionName: string): string =>
  `?${new URLSearchParams({ call: sessionName }).toString()}`;

async function start(root: HTMLElement): Promise<void> {
  speak(pickLanguage(navigator.languages));
  document.documentElement.lang = language;
  const config = await loadConfig();
  const store = createStore();
  const api = createApi({ baseUrl: config.ok ? config.value.apiBaseUrl : "" });
  const actions = createActions({
    store,
    api,
    connect: connectCall,
    openDevices: () => openDevices(navigator.mediaDevices),
    remember: (identity) =>
      identity === null ? forget(sessionStorage) : remember(identity, sessionStorage),
    rememberNickname: (nickname) => localStorage.setItem("nickname", nickname),
  });
  const demoUsers = config.ok && config.value.demoUsers;
  const draw = () =>
    render(<App state={store.state()} actions={actions} demoUsers={demoUsers} />, root);

  store.subscribe(draw);
  store.subscribe((state) => {
    // Fetched while the join form is being filled in, so that joining need not wait for it.
    if (state.screen === "lobby") loadLibrary().catch(() => undefined);
    // A reload finds the call again, and the address can be sent to others.
    if (state.screen === "call") history.replaceState(null, "", linkTo(state.choice.sessionName));
  });
  addEventListener("pagehide", () => actions.pageLeft());

  if (!config.ok) {
    store.dispatch({ type: "broke", problem: config.error });
    return;
  }
  // The cookie of a login reaches our own origin only; elsewhere a reload logs in again.
  const sameOrigin = new URL(config.value.apiBaseUrl, location.href).origin === location.origin;
  store.dispatch({
    type: "started",
    identity: sameOrigin ? recall(sessionStorage, Date.now() / 1000) : null,
    choice: {
      sessionName: new URLSearchParams(location.search).get("call") ?? "",
      nickname: localStorage.getItem("nickname") ?? "",
    },
  });
}

const root = document.getElementById("app");
if (root !== null) void start(root);
