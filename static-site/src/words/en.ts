/** Every word on the page, in English. The other catalogues have the same shape. */
import type { BrowserName } from "../browser";
import type { Device, Trouble } from "../devices";
import type { Role } from "../identity";
import type { Shortcut } from "../shortcuts";
import { pluralIn } from "./plural";

const plural = pluralIn("en");

/** Which devices do not work. */
type Lost = Device | "both";

export const en = {
  appName: "Rooms",
  starting: "Loading",
  you: "you",
  unnamed: "Unnamed",
  tryAgain: "Try again",
  close: "Close",
  reference: (id: string) => `If you ask for help, quote ${id}.`,

  login: {
    title: "Log in",
    user: "User name",
    pass: "Password",
    submit: "Log in",
    busy: "Logging in",
    resume: (sessionName: string) => `Log in to go back to ${sessionName}.`,
    demoTitle: "Demo users",
    demoText: "Everybody’s password is",
    demoFill: (user: string) => `Fill in ${user}`,
  },

  lobby: {
    title: "Join a call",
    sessionName: "Call name",
    sessionNameHint: "Anyone who enters this name joins the same call.",
    nickname: "Your nickname",
    nicknameHint: "The others see it below your video.",
    submit: "Join",
    logOut: "Log out",
    loggingOut: "Logging out",
    certificate:
      "Open the video server’s page. If your browser warns of it and you trust it, accept it, come back and try again.",
    whatHappens: {
      SUBSCRIBER: "You will see and hear the others. Your camera and microphone stay off.",
      PUBLISHER: "Others will see and hear you like this.",
      MODERATOR: "Others will see and hear you like this.",
    } satisfies Record<Role, string>,
  },

  roles: {
    SUBSCRIBER: "Subscriber",
    PUBLISHER: "Publisher",
    MODERATOR: "Moderator",
  } satisfies Record<Role, string>,

  setup: {
    title: "Your camera and microphone",
    camera: "Camera",
    microphone: "Microphone",
    speaker: "Speaker",
    unnamed: (kind: string, number: number) => `${kind} ${number}`,
    level: "Microphone level",
    asking: "Your browser is asking for your camera and microphone.",
    ready: "Your devices are ready.",
    silent:
      "Nothing comes from your microphone. It may be switched off at the device, or another one may be the right one.",
    allow: {
      chromium:
        "Click the symbol left of the address, switch the camera and microphone on, then try again.",
      firefox:
        "Click the crossed-out symbol left of the address, remove the block, then try again.",
      safari:
        "Open Safari’s settings for this website, allow camera and microphone, then try again.",
      other: "Change it in your browser’s settings for this page, then try again.",
    } satisfies Record<BrowserName, string>,
  },

  servers: {
    ready: "Ready to join.",
    again: "Check again",
    checking: "Checking",
  },

  joining: {
    title: (sessionName: string) => `Joining ${sessionName}`,
    wait: {
      short: "One moment",
      slow: "This is taking longer than usual. There is no need to try again.",
      limited:
        "You have joined too many calls in a short time. You will join this one automatically in a moment.",
    },
    cancel: "Cancel",
  },

  call: {
    leave: "Leave",
    turn: {
      microphone: { on: "Unmute", off: "Mute" },
      camera: { on: "Start video", off: "Stop video" },
    },
    showScreen: "Show screen",
    stopScreen: "Stop screen",
    screenOf: "Screen",
    screenAway: "The others do not see your screen at the moment. Reconnecting.",
    screenShown: (nickname: string) => `${nickname} shows a screen.`,
    gallery: "Gallery",
    speaker: "Speaker",
    fullScreen: "Full screen",
    copyLink: "Copy link",
    copied: "Link copied",
    duration: "Duration of the call",
    mainVideo: "Main video",
    people: (count: number) => plural(count, { one: "1 person", other: `${count} people` }),
    tiles: "Everybody’s video",
    watching: "Watching",
    show: "Show large:",
    alone: "Nobody else is here yet. Tell them the name of the call, or send them its link.",
    nobodySends: "Nobody is sending video yet.",
    cameraOff: "Camera off",
    microphoneOff: "microphone off",
    arriving: "Connecting",
    broken: "This video cannot be loaded",
    quality: { poor: "poor connection", lost: "connection lost" },
    joined: (nickname: string) => `${nickname} joined.`,
    left: (nickname: string) => `${nickname} left.`,
    connection: {
      reconnecting: "Connection lost. Reconnecting.",
      waiting:
        "Still no connection. You will rejoin this call automatically when it is back. To stop waiting, leave the call.",
    },
    twice:
      "You are in this call a second time, in another tab or on another device. Leave it in one of them, or there may be an echo.",
    soundBlocked: "Your browser blocks sound until you click.",
    startSound: "Turn on sound",
    asking:
      "Your browser is asking for your camera and microphone. You can see the others meanwhile.",
  },

  chat: {
    title: "Chat",
    label: "Message to everybody",
    send: "Send",
    empty: "No messages since you joined. Messages are not kept after the call.",
    unread: (count: number) =>
      plural(count, { one: "1 unread message", other: `${count} unread messages` }),
    said: (nickname: string, text: string) => `${nickname}: ${text}`,
  },

  people: {
    title: "People",
    screen: "Screen",
    watches: "watching",
    speaks: "speaking",
    microphoneOn: "microphone on",
    cameraOn: "camera on",
    cameraOff: "camera off",
    stop: "Stop video",
    stopOf: (nickname: string) => `Stop video of ${nickname}`,
    remove: "Remove",
    removeOf: (nickname: string) => `Remove ${nickname}`,
    sure: {
      stop: (nickname: string) => `Stop the video and sound of ${nickname}? They will be told.`,
      remove: (nickname: string) => `Remove ${nickname} from the call? They will be told.`,
    },
  },

  settings: {
    title: "Settings",
    shortcuts: "Keyboard shortcuts",
    keys: {
      microphone: "Microphone on or off",
      camera: "Camera on or off",
      screen: "Show or stop your screen",
      chat: "Chat",
      people: "People",
      layout: "Gallery or speaker",
      fullScreen: "Full screen",
    } satisfies Record<Shortcut, string>,
  },

  ended: {
    removed: {
      title: "You were removed from the call",
      text: "A moderator or the server removed you.",
    },
    closed: { title: "The call was closed", text: "It was ended for everybody." },
    elsewhere: {
      title: "The call goes on elsewhere",
      text: "Your connection was taken over by another page.",
    },
    network: {
      title: "The connection was lost",
      text: "You could not rejoin the call. The others no longer see you.",
    },
    pageLeft: {
      title: "You left the call",
      text: "The call ended for you when you left this page.",
    },
    other: { title: "The call has ended", text: "The video server did not say why." },
    again: "Join again",
    back: "Another call",
  },

  problems: {
    // From the API.
    invalid_credentials: "Wrong user name or password.",
    too_many_attempts: "Too many failed attempts. Wait a little while, then try again.",
    logins_busy: "Too many people are logging in right now. Try again in a moment.",
    too_many_joins: "You have joined too often. Wait a little while, then try again.",
    not_logged_in: "Your login has expired. Please log in again.",
    invalid_session_name:
      "A call name has 1 to 64 characters, some of them visible, and no control characters.",
    invalid_nickname:
      "A nickname has 1 to 64 characters, some of them visible, and no control characters.",
    invalid_token: "The server did not accept what was sent. Reload the page and try again.",
    invalid_connection_id:
      "The server did not accept what was sent. Reload the page and try again.",
    token_not_found: "You had already left this call.",
    not_your_token: "That place in the call belongs to somebody else.",
    openvidu_unavailable: "The video server cannot be reached just now. Try again in a minute.",
    openvidu_timeout: "The video server is too busy to answer. Try again in a minute.",
    openvidu_refused: "The video server refuses our requests. Please tell whoever runs this site.",
    store_unavailable: "The call records cannot be reached just now. Try again in a minute.",
    call_busy: "Too many people are joining and leaving this call at once. Try again.",
    secrets_unavailable: "The server is not ready just now. Try again in a minute.",
    out_of_time: "The server did not finish in time. Try again.",
    malformed_json: "The server did not understand this page. Reload it and try again.",
    malformed_request: "The server did not understand this page. Reload it and try again.",
    invalid_body: "The server did not accept what was sent. Reload the page and try again.",
    unsupported_media_type: "The server did not understand this page. Reload it and try again.",
    body_too_large: "That is too long for the server.",
    not_found: "The server does not know this request. This site may not be set up completely.",
    method_not_allowed: "The server does not know this request. Reload the page and try again.",
    cross_site: "The server refused a request that seems to come from another site.",
    internal: "Something went wrong on the server. Try again in a minute.",

    // From what stands between us and the API.
    offline: "The server cannot be reached. Check your connection and try again.",
    timeout: "The server took too long to answer. Try again.",
    too_many_requests: "Too many requests. Wait a moment and try again.",
    server_error: "Something went wrong on the server. Try again in a minute.",
    bad_answer: "The server’s answer cannot be read. Reload the page and try again.",
    unexpected_answer: "The server did not accept this request. Reload the page and try again.",

    // From OpenVidu.
    call_keeps_closing: "The call closed each time you were about to enter. Try again.",
    connect_timeout: "The video server did not let you in in time. Try again.",
    connect_failed: "The video server did not let you in. Try again.",
    video_unreachable:
      "Your browser cannot reach the video server. A firewall, or a certificate your browser does not trust, may be in the way.",
    video_silent:
      "The video server does not answer. It may be down; whoever runs this site can tell you.",
    video_full: "The video server has no room for this call. Try again in a minute.",
    browser_not_supported:
      "This browser cannot make video calls. Use Chrome, Edge, Firefox or Safari.",
    publish_failed: "Your video and sound could not be sent. You can still see the others.",
    publish_timeout:
      "The video server did not take your video and sound in time. You can still see the others.",
    publish_refused: "Your role does not allow you to send video and sound.",
    login_expired_in_call:
      "Your login has expired. The call goes on; to do this, leave it and log in again.",
    not_said: "Your message could not be sent. Try again.",
    not_stopped: "Their video could not be stopped. Try again.",
    screen_failed: "Your screen could not be shown. Try again.",
    connection_not_found: "They have left already.",
    device_not_switched:
      "Your camera or microphone could not be switched, so it is off. Try again.",
    rejoin_given_up:
      "This page has tried to rejoin for ten minutes. Check your connection, then join again.",
    unpublished_by_moderator: "A moderator stopped your video and sound.",

    // From this page.
    config_unreadable: "This site is not set up completely: its configuration cannot be read.",
    page_incomplete:
      "A part of this page could not be loaded. Check your connection and try again.",
    user_missing: "Enter your user name.",
    pass_missing: "Enter your password.",
    call_name_missing: "Enter a call name.",
    nickname_missing: "Enter your nickname.",
    name_too_long: "Use at most 64 characters.",
    name_has_control_characters: "This name contains an invisible control character.",
    leave_failed:
      "You have left the call. The server could not be told, but it will notice by itself.",
    other_login:
      "Somebody else has logged in with this browser meanwhile, in another tab. Log in to go on as yourself.",
    logout_failed:
      "You are logged out here, but the server could not be told. On a shared computer, close the browser.",
  },

  devices: {
    both: {
      unplugged: "No camera and microphone are plugged in any more.",
      missing: "No camera and no microphone were found.",
      denied: "Your browser does not let this page use your camera and microphone.",
      in_use: "Your camera and microphone are in use by another program.",
      insecure: "Browsers allow a camera and microphone only on pages that were loaded over https.",
      failed: "Your camera and microphone could not be started.",
    },
    camera: {
      unplugged: "Your camera is no longer plugged in.",
      missing: "No camera was found.",
      denied: "Your browser does not let this page use your camera.",
      in_use: "Your camera is in use by another program.",
      insecure: "Browsers allow a camera only on pages that were loaded over https.",
      failed: "Your camera could not be started.",
    },
    microphone: {
      unplugged: "Your microphone is no longer plugged in.",
      missing: "No microphone was found.",
      denied: "Your browser does not let this page use your microphone.",
      in_use: "Your microphone is in use by another program.",
      insecure: "Browsers allow a microphone only on pages that were loaded over https.",
      failed: "Your microphone could not be started.",
    },
    remains: {
      both: "You still see and hear everybody.",
      camera: "The others can hear you.",
      microphone: "The others can see you.",
    },
  } satisfies Record<Lost, Record<Trouble, string>> & { remains: Record<Lost, string> },
};

export type Catalogue = typeof en;
