/** Wires the parts together and starts them. */
import { render } from "preact";
import { createActions } from "./actions";
import { askBeforeUnload, callInAddress, isReloadedInCall, keepAddress } from "./address";
import { createApi } from "./api";
import { connectCall, prepareCall } from "./call";
import { loadConfig } from "./config";
import { listDevices, openDevice, openDevices, openScreen } from "./devices";
import { forget, isOverruled, recall, remember, rememberOwner } from "./identity";
import { createMemory } from "./memory";
import { language, pickLanguage, speak } from "./messages";
import { recallPreferences, rememberPreferences } from "./preferences";
import { checkServers } from "./servers";
import { createStore } from "./store";
import { pause } from "./timing";
import { Live } from "./views/Live";
import "./styles/base.css";
import "./styles/forms.css";
import "./styles/call.css";
import "./styles/videos.css";
import "./styles/panel.css";

async function start(root: HTMLElement): Promise<void> {
  const [config] = await Promise.all([loadConfig(), speak(pickLanguage(navigator.languages))]);
  document.documentElement.lang = language;
  // Hidden, whatever the types say, on pages that were not loaded over https.
  const mediaDevices = navigator.mediaDevices as MediaDevices | undefined;
  // What all tabs share, and what is this tab's alone.
  const shared = createMemory(() => localStorage);
  const tab = createMemory(() => sessionStorage);
  const store = createStore();
  const api = createApi({
    baseUrl: config.ok ? config.value.apiBaseUrl : "",
    isOtherLogin() {
      // The server decides whether a login has expired.
      const identity = recall(tab, 0);
      return identity !== null && isOverruled(identity, shared);
    },
  });
  const actions = createActions({
    store,
    api,
    connect: connectCall,
    checkServers: () =>
      checkServers({
        videoServer: config.ok ? config.value.videoServer : null,
        api,
        online: navigator.onLine,
      }),
    openDevices: (preferences) => openDevices(mediaDevices, preferences),
    openDevice: (device, preferences) => openDevice(mediaDevices, device, preferences),
    openScreen: () => openScreen(mediaDevices),
    listDevices: () => listDevices(mediaDevices),
    pause: (ms, cancelled) => pause(ms, cancelled, globalThis),
    rememberPreferences: (preferences) => rememberPreferences(preferences, shared),
    remember: (identity) => (identity === null ? forget(tab) : remember(identity, tab)),
    rememberOwner: (user) => rememberOwner(user, shared),
    rememberNickname: (nickname) => shared.setItem("nickname", nickname),
  });
  const demoUsers = config.ok && config.value.demoUsers;
  render(<Live store={store} actions={actions} demoUsers={demoUsers} />, root);
  store.subscribe((state) => {
    // Fetched while the join form is being filled in, so that joining need not wait for it.
    const server = config.ok ? config.value.videoServer : null;
    if (state.screen === "lobby" && server !== null) prepareCall(server).catch(() => undefined);
    keepAddress(state);
    askBeforeUnload(state);
  });
  // Shows a page of its own when there is no connection. Browsers have it on secure pages only.
  if ("serviceWorker" in navigator) {
    navigator.serviceWorker.register("service-worker.js").catch(() => undefined);
  }
  addEventListener("pagehide", () => actions.pageLeft());
  mediaDevices?.addEventListener("devicechange", () => void actions.devicesChanged());

  if (!config.ok) {
    store.dispatch({ type: "broke", problem: config.error });
    return;
  }
  // The cookie of a login reaches our own origin only; elsewhere a reload logs in again.
  const sameOrigin = new URL(config.value.apiBaseUrl, location.href).origin === location.origin;
  const recalled = sameOrigin ? recall(tab, Date.now() / 1000) : null;
  const overruled = recalled !== null && isOverruled(recalled, shared);
  const identity = overruled ? null : recalled;
  const choice = {
    sessionName: callInAddress(),
    nickname: shared.getItem("nickname") ?? "",
  };
  const goBack = identity !== null && isReloadedInCall();
  store.dispatch({
    type: "started",
    preferences: recallPreferences(shared),
    identity,
    choice,
    problem: overruled ? { code: "other_login" } : null,
  });
  if (goBack) void actions.join(choice);
}

const root = document.getElementById("app");
if (root !== null) void start(root);
