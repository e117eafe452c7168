/** Wires the parts together and starts them. */
import { render } from "preact";
import { createActions } from "./actions";
import { createApi } from "./api";
import { connectCall, loadLibrary } from "./call";
import { loadConfig } from "./config";
import { listDevices, openDevices, openScreen } from "./devices";
import { forget, recall, remember } from "./identity";
import { language, pickLanguage, speak } from "./messages";
import { recallPreferences, rememberPreferences } from "./preferences";
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
  // Hidden, whatever the types say, on pages that were not loaded over https.
  const mediaDevices = navigator.mediaDevices as MediaDevices | undefined;
  const store = createStore();
  const api = createApi({ baseUrl: config.ok ? config.value.apiBaseUrl : "" });
  const actions = createActions({
    store,
    api,
    connect: connectCall,
    openDevices: (preferences) => openDevices(mediaDevices, preferences),
    openScreen: () => openScreen(mediaDevices),
    listDevices: () => listDevices(mediaDevices),
    rememberPreferences: (preferences) => rememberPreferences(preferences, localStorage),
    remember: (identity) =>
      identity === null ? forget(sessionStorage) : remember(identity, sessionStorage),
    rememberNickname: (nickname) => localStorage.setItem("nickname", nickname),
  });
  const demoUsers = config.ok && config.value.demoUsers;
  const draw = () =>
    render(<App state={store.state()} actions={actions} demoUsers={demoUsers} />, root);

  // After what is going on: an effect of one drawing must not start the next one inside it.
  let drawing = false;
  store.subscribe(() => {
    if (drawing) return;
    drawing = true;
    queueMicrotask(() => {
      drawing = false;
      draw();
    });
  });
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
    preferences: recallPreferences(localStorage),
    identity: sameOrigin ? recall(sessionStorage, Date.now() / 1000) : null,
    choice: {
      sessionName: new URLSearchParams(location.search).get("call") ?? "",
      nickname: localStorage.getItem("nickname") ?? "",
    },
  });
}

const root = document.getElementById("app");
if (root !== null) void start(root);
