/** What the call screen shows, and how events change it. Pure, like `state.ts`. */
import type { CallEvent, Member } from "./call";
import type { DeviceReport } from "./devices";
import { type Role, mayPublish } from "./identity";
import type { Problem } from "./result";

/** Somebody came or went: said aloud to those who do not see it. */
export interface News {
  readonly id: number;
  readonly kind: "joined" | "left";
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
}

export type CallStateEvent =
  | Exclude<CallEvent, { type: "ended" }>
  | { readonly type: "memberChosen"; readonly connectionId: string }
  | { readonly type: "soundBlocked" }
  | { readonly type: "soundStarted" }
  | { readonly type: "sharingStarted" }
  | { readonly type: "sharingDone"; readonly report: DeviceReport }
  | { readonly type: "sharingFailed"; readonly problem: Problem }
  | { readonly type: "sharingNoticeClosed" };

/** How many pieces of news are kept: enough for several people to come at once. */
const keptNews = 5;

const idle: Sharing = { busy: false, report: null, problem: null, quiet: false };

export const enterCall = (role: Role, members: readonly Member[]): CallState => ({
  members,
  chosenId: null,
  reconnecting: false,
  soundBlocked: false,
  sharing: mayPublish(role) ? idle : null,
  news: [],
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
      return find(call, event.connectionId) ? { ...call, chosenId: event.connectionId } : call;
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
  }
}

/** Who is shown large: the one chosen, else the first other person who sends, else oneself. */
export function mainMember({ members, chosenId }: CallState): Member | null {
  const senders = members.filter((member) => member.sending !== null);
  return (
    senders.find((member) => member.connectionId === chosenId) ??
    senders.find((member) => !member.self) ??
    senders[0] ??
    null
  );
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
  return { ...call, members, news: withNews(call.news, "joined", member.nickname) };
}

function withoutMember(call: CallState, connectionId: string): CallState {
  const gone = find(call, connectionId);
  if (gone === undefined) return call;
  return {
    ...call,
    members: call.members.filter((member) => member !== gone),
    chosenId: call.chosenId === connectionId ? null : call.chosenId,
    news: withNews(call.news, "left", gone.nickname),
  };
}

function withNews(news: readonly News[], kind: News["kind"], nickname: string): readonly News[] {
  const id = (news.at(-1)?.id ?? 0) + 1;
  return [...news, { id, kind, nickname }].slice(-keptNews);
}

/** What `sharing` does not say is as before anything was shared. */
const withSharing = (call: CallState, sharing: Partial<Sharing>): CallState =>
  call.sharing === null ? call : { ...call, sharing: { ...idle, ...sharing } };
