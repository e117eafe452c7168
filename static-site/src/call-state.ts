/** What the call screen shows, and how events change it. Pure, like `state.ts`. */
import { type Chat, addMessage, emptyChat } from "./chat-state";
import type { CallEvent, Member } from "./members";
import type { Device, DeviceReport } from "./devices";
import { type Role, mayPublish } from "./identity";
import { undeceiving } from "./names";
import type { Problem } from "./result";
import { type Layout, type Preferences, noPreferences } from "./setup-state";

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

/** What a moderator is about to do to somebody, once they are sure. */
export interface Question {
  readonly what: "remove" | "stop";
  readonly connectionId: string;
  readonly nickname: string;
}

/** How sending one's own video and sound is going. */
export interface Publishing {
  /** Whether the browser is asking for the devices. */
  readonly busy: boolean;
  /** What came of opening the devices, once they have been asked for. */
  readonly report: DeviceReport | null;
  readonly problem: Problem | null;
  /** Whether the person has read what is wrong and closed it. */
  readonly quiet: boolean;
  /** What the others get as soon as the connection allows it. */
  readonly intended: Readonly<Record<Device, boolean>>;
}

export interface CallState {
  /** Everybody in the call, oneself included, in the order of arrival. */
  readonly members: readonly Member[];
  /** Whom the person here clicked, if anybody. */
  readonly chosenId: string | null;
  /** Whether this page hears of the call: while it waits for a network, that may take long. */
  readonly connection: "up" | "reconnecting" | "waiting";
  /** Whether the browser waits for a click before it plays sound. */
  readonly soundBlocked: boolean;
  /** Null for a role that only watches. */
  readonly publishing: Publishing | null;
  readonly news: readonly News[];
  readonly panel: Panel | null;
  readonly chat: Chat;
  readonly layout: Layout;
  /** Who is speaking, by connection. */
  readonly speaking: readonly string[];
  /** Who spoke last, oneself and screens apart. */
  readonly lastSpeaker: string | null;
  /** How showing one's own screen is going. */
  readonly screen: "off" | "starting" | "on" | "away";
  readonly question: Question | null;
  /** What one asked for and did not get. */
  readonly problem: Problem | null;
  /** Whether single keys act. */
  readonly shortcuts: boolean;
}

export type CallStateEvent =
  | Exclude<CallEvent, { type: "ended" } | { type: "lost" }>
  /** The first try to join anew has failed. */
  | { readonly type: "networkAwaited" }
  /** Another connection has taken the place of the lost one. */
  | { readonly type: "rejoined"; readonly role: Role; readonly members: readonly Member[] }
  | { readonly type: "memberChosen"; readonly connectionId: string }
  | { readonly type: "soundBlocked" }
  | { readonly type: "soundStarted" }
  | { readonly type: "mediaIntended"; readonly intended: Publishing["intended"] }
  | { readonly type: "devicesAsked" }
  | { readonly type: "devicesReported"; readonly report: DeviceReport }
  | { readonly type: "published" }
  | { readonly type: "publishFailed"; readonly problem: Problem }
  | { readonly type: "publishNoticeClosed" }
  | { readonly type: "panelShown"; readonly panel: Panel | null }
  | { readonly type: "layoutChosen"; readonly layout: Layout }
  | { readonly type: "screenStarting" }
  | { readonly type: "screenStarted" }
  /** Its connection is lost, and the others do not see it. */
  | { readonly type: "screenAway" }
  | { readonly type: "screenStopped" }
  | { readonly type: "asked"; readonly question: Question | null }
  | { readonly type: "refused"; readonly problem: Problem | null }
  | { readonly type: "shortcutsTurned"; readonly on: boolean };

/** How many pieces of news are kept: enough for several people to come at once. */
const keptNews = 5;

const idle: Publishing = {
  busy: false,
  report: null,
  problem: null,
  quiet: false,
  intended: { camera: false, microphone: false },
};

export const enterCall = (
  role: Role,
  members: readonly Member[],
  { layout, shortcuts }: Preferences = noPreferences,
): CallState => ({
  members,
  chosenId: null,
  connection: "up",
  soundBlocked: false,
  publishing: mayPublish(role) ? idle : null,
  news: [],
  panel: null,
  chat: emptyChat,
  layout,
  speaking: [],
  lastSpeaker: null,
  screen: "off",
  question: null,
  problem: null,
  shortcuts,
});

export function reduceCall(call: CallState, event: CallStateEvent): CallState {
  switch (event.type) {
    case "member":
      return withMember(call, event.member);
    case "memberLeft":
      return withoutMember(call, event.connectionId);
    case "reconnecting":
      return { ...call, connection: "reconnecting" };
    case "reconnected":
      return { ...call, connection: "up" };
    case "networkAwaited":
      return { ...call, connection: "waiting" };
    case "rejoined":
      return withMembers(
        {
          ...call,
          connection: "up",
          publishing: mayPublish(event.role) ? (call.publishing ?? idle) : null,
        },
        event.members,
      );
    case "unpublished":
      return withPublishing(call, { problem: { code: "unpublished_by_moderator" }, quiet: false });
    case "memberChosen":
      return choose(call, event.connectionId);
    case "soundBlocked":
      return { ...call, soundBlocked: true };
    case "soundStarted":
      return { ...call, soundBlocked: false };
    case "mediaIntended":
      return withPublishing(call, { intended: event.intended });
    case "devicesAsked":
      return withPublishing(call, { busy: true, report: null, problem: null, quiet: false });
    case "devicesReported":
      return withPublishing(call, { busy: false, report: event.report, quiet: false });
    case "published":
      return call.publishing?.problem ? withPublishing(call, { problem: null }) : call;
    case "publishFailed":
      return withPublishing(call, { problem: event.problem, quiet: false });
    case "publishNoticeClosed":
      return withPublishing(call, { quiet: true });
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
    case "screenAway":
      return { ...call, screen: "away" };
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
 * Whether `device` counts as on: as it is sent, or as it will be sent while the
 * connection is away or nothing is published yet.
 */
export function isOn({ connection, members, publishing }: CallState, device: Device): boolean {
  const sending = members.find((member) => member.self && !member.screen)?.sending ?? null;
  if (connection === "up" && sending !== null) return sending[device];
  return publishing?.intended[device] ?? false;
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
  const news =
    open || self
      ? call.news
      : withNews(call.news, { kind: "said", nickname, text: undeceiving(text) });
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

const withPublishing = (call: CallState, change: Partial<Publishing>): CallState =>
  call.publishing === null ? call : { ...call, publishing: { ...call.publishing, ...change } };

/**
 * The roster as the server has it now. Who was here before keeps their place,
 * and whoever came or went meanwhile makes news.
 */
function withMembers(call: CallState, members: readonly Member[]): CallState {
  const isOurs = ({ self, screen }: Member) => self && !screen;
  const us = call.members.find(isOurs);
  const usNow = members.find(isOurs);
  const renamed = (id: string | null) =>
    us?.connectionId === id ? (usNow?.connectionId ?? id) : id;
  const here = new Map(members.map((member) => [member.connectionId, member]));
  const stayed = call.members.flatMap(
    (member) => here.get(renamed(member.connectionId) ?? "") ?? [],
  );
  const arrived = members.filter((member) => !stayed.includes(member));
  const gone = call.members.filter(
    ({ connectionId }) => !here.has(renamed(connectionId) ?? connectionId),
  );
  const kept = { ...call, chosenId: renamed(call.chosenId) };
  const without = gone.reduce(
    (state, { connectionId }) => withoutMember(state, connectionId),
    kept,
  );
  const withAll = arrived.reduce(withMember, without);
  return { ...withAll, members: [...stayed, ...arrived], speaking: [] };
}
