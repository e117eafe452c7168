/** What the call screen shows, and how events change it. Pure, like `state.ts`. */
import { type Chat, addMessage, emptyChat } from "./chat-state";
import type { CallEvent, Member } from "./members";
import type { DeviceReport } from "./devices";
import { type Role, mayPublish } from "./identity";
import type { Problem } from "./result";

/** Somebody came or went: said aloud to those who do not see it. */
export interface News {
  readonly id: number;
  readonly kind: "joined" | "left" | "screen" | "said";
  readonly nickname: string;
  /** What they wrote, if that is the news. */
  readonly text?: string;
}

/** What stands beside the videos. */
export type Panel = "chat" | "people" | "settings";

export type Layout = "speaker" | "gallery";

/** What a moderator is about to do to somebody, once they are sure. */
export interface Question {
  readonly what: "remove" | "stop";
  readonly connectionId: string;
  readonly nickname: string;
}

/** How sending one's own video and sound is going. */
export interface Sharing {
  readonly busy: boolean;
  /** What came of opening the devices, once they have been asked for. */
  readonly report: DeviceReport | null;
  readonly problem: Problem | null;
  /** Whether the person has read what is wrong and closed it. */
  readonly quiet: boolean;
}

export interface CallState {
  /** Everybody in the call, oneself included, in the order of arrival. */
  readonly members: readonly Member[];
  /** Whom the person here clicked, if anybody. */
  readonly chosenId: string | null;
  readonly reconnecting: boolean;
  /** Whether the browser waits for a click before it plays sound. */
  readonly soundBlocked: boolean;
  /** Null for a role that only watches. */
  readonly sharing: Sharing | null;
  readonly news: readonly News[];
  readonly panel: Panel | null;
  readonly chat: Chat;
  readonly layout: Layout;
  /** Who is speaking, by connection. */
  readonly speaking: readonly string[];
  /** Who spoke last, oneself and screens apart. */
  readonly lastSpeaker: string | null;
  /** How showing one's own screen is going. */
  readonly screen: "off" | "starting" | "on";
  readonly question: Question | null;
  /** What one asked for and did not get. */
  readonly problem: Problem | null;
  /** Whether single keys act. */
  readonly shortcuts: boolean;
}

export type CallStateEvent =
  | Exclude<CallEvent, { type: "ended" }>
  | { readonly type: "memberChosen"; readonly connectionId: string }
  | { readonly type: "soundBlocked" }
  | { readonly type: "soundStarted" }
  | { readonly type: "sharingStarted" }
  | { readonly type: "sharingDone"; readonly report: DeviceReport }
  | { readonly type: "sharingFailed"; readonly problem: Problem }
  | { readonly type: "sharingNoticeClosed" }
  | { readonly type: "panelShown"; readonly panel: Panel | null }
  | { readonly type: "layoutChosen"; readonly layout: Layout }
  | { readonly type: "screenStarting" }
  | { readonly type: "screenStarted" }
  | { readonly type: "screenStopped" }
  | { readonly type: "asked"; readonly question: Question | null }
  | { readonly type: "refused"; readonly problem: Problem | null }
  | { readonly type: "shortcutsTurned"; readonly on: boolean };

/** How many pieces of news are kept: enough for several people to come at once. */
const keptNews = 5;

const working: DeviceReport = { camera: null, microphone: null };

const idle: Sharing = { busy: false, report: null, problem: null, quiet: false };

export const enterCall = (role: Role, members: readonly Member[]): CallState => ({
  members,
  chosenId: null,
  reconnecting: false,
  soundBlocked: false,
  sharing: mayPublish(role) ? idle : null,
  news: [],
  panel: null,
  chat: emptyChat,
  layout: "speaker",
  speaking: [],
  lastSpeaker: null,
  screen: "off",
  question: null,
  problem: null,
  shortcuts: true,
});

export function reduceCall(call: CallState, event: CallStateEvent): CallState {
  switch (event.type) {
    case "member":
      return withMember(call, event.member);
    case "memberLeft":
      return withoutMember(call, event.connectionId);
    case "reconnecting":
      return { ...call, reconnecting: true };
    case "reconnected":
      return { ...call, reconnecting: false };
    case "unpublished":
      return withSharing(call, { report: null, problem: { code: "unpublished_by_moderator" } });
    case "memberChosen":
      return choose(call, event.connectionId);
    case "soundBlocked":
      return { ...call, soundBlocked: true };
    case "soundStarted":
      return { ...call, soundBlocked: false };
    case "sharingStarted":
      return withSharing(call, { busy: true });
    case "sharingDone":
      return withSharing(call, { report: event.report });
    case "sharingFailed":
      return withSharing(call, { report: call.sharing?.report ?? null, problem: event.problem });
    case "sharingNoticeClosed":
      return withSharing(call, { ...call.sharing, quiet: true });
    case "deviceLost":
      return withSharing(call, {
        report: { ...(call.sharing?.report ?? working), [event.device]: "unplugged" },
      });
    case "speaking":
      return withSpeaker(call, event.connectionId, event.on);
    case "said":
      return withMessage(call, event.connectionId, event.text);
    case "panelShown":
      return {
        ...call,
        panel: event.panel,
        chat: event.panel === "chat" ? { ...call.chat, unread: 0 } : call.chat,
      };
    case "layoutChosen":
      return { ...call, layout: event.layout };
    case "screenStarting":
      return { ...call, screen: "starting" };
    case "screenStarted":
      return { ...call, screen: "on" };
    case "screenStopped":
      return { ...call, screen: "off" };
    case "asked":
      return { ...call, question: event.question };
    case "refused":
      return { ...call, problem: event.problem };
    case "shortcutsTurned":
      return { ...call, shortcuts: event.on };
  }
}

/**
 * Who is shown large: the one chosen, else a screen of somebody else, else who
 * spoke last, else the first other person who sends, else oneself.
 */
export function mainMember({ members, chosenId, lastSpeaker }: CallState): Member | null {
  const senders = members.filter((member) => member.sending !== null);
  const others = senders.filter((member) => !member.self);
  return (
    senders.find((member) => member.connectionId === chosenId) ??
    others.find((member) => member.screen) ??
    others.find((member) => member.connectionId === lastSpeaker) ??
    others[0] ??
    senders[0] ??
    null
  );
}

/** People, each once: a screen is nobody of its own. */
export const people = ({ members }: CallState): readonly Member[] =>
  members.filter((member) => !member.screen);

/** Whether somebody with our own login is here as well: another tab, or another device. */
export function isHereTwice(call: CallState): boolean {
  const here = people(call);
  const user = here.find((member) => member.self)?.user ?? "";
  return user !== "" && here.some((member) => !member.self && member.user === user);
}

/** A second click lets go again. To choose somebody is to want to see them large. */
function choose(call: CallState, connectionId: string): CallState {
  if (!find(call, connectionId)) return call;
  const chosenId = call.chosenId === connectionId ? null : connectionId;
  return { ...call, chosenId, layout: chosenId === null ? call.layout : "speaker" };
}

function withSpeaker(call: CallState, connectionId: string, on: boolean): CallState {
  const others = call.speaking.filter((id) => id !== connectionId);
  if (!on) return { ...call, speaking: others };
  const speaker = find(call, connectionId);
  const counts = speaker !== undefined && !speaker.self && !speaker.screen;
  return {
    ...call,
    speaking: [...others, connectionId],
    lastSpeaker: counts ? connectionId : call.lastSpeaker,
  };
}

function withMessage(call: CallState, connectionId: string, text: string): CallState {
  const author = find(call, connectionId);
  if (author === undefined) return call;
  const { nickname, self } = author;
  const open = call.panel === "chat";
  const chat = addMessage(call.chat, { nickname, self, text }, open);
  // An open chat is read out by itself.
  const news = open || self ? call.news : withNews(call.news, { kind: "said", nickname, text });
  return { ...call, chat, news };
}

const find = (call: CallState, connectionId: string): Member | undefined =>
  call.members.find((member) => member.connectionId === connectionId);

function withMember(call: CallState, member: Member): CallState {
  if (find(call, member.connectionId)) {
    const members = call.members.map((known) =>
      known.connectionId === member.connectionId ? member : known,
    );
    return { ...call, members };
  }
  const members = [...call.members, member];
  return { ...call, members, news: withNews(call.news, arrival(member)) };
}

function withoutMember(call: CallState, connectionId: string): CallState {
  const gone = find(call, connectionId);
  if (gone === undefined) return call;
  return {
    ...call,
    members: call.members.filter((member) => member !== gone),
    chosenId: call.chosenId === connectionId ? null : call.chosenId,
    speaking: call.speaking.filter((id) => id !== connectionId),
    question: call.question?.connectionId === connectionId ? null : call.question,
    news: gone.screen ? call.news : withNews(call.news, { kind: "left", nickname: gone.nickname }),
  };
}

const arrival = ({ screen, nickname }: Member): Omit<News, "id"> => ({
  kind: screen ? "screen" : "joined",
  nickname,
});

function withNews(news: readonly News[], latest: Omit<News, "id">): readonly News[] {
  const id = (news.at(-1)?.id ?? 0) + 1;
  return [...news, { id, ...latest }].slice(-keptNews);
}

/** What `sharing` does not say is as before anything was shared. */
const withSharing = (call: CallState, sharing: Partial<Sharing>): CallState =>
  call.sharing === null ? call : { ...call, sharing: { ...idle, ...sharing } };
