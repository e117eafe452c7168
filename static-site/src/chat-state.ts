/** The chat messages since the user joined. Pure, like `state.ts`. */
import { undeceiving } from "./names";

export interface ChatMessage {
  readonly id: number;
  /** Kept with the message, because its author may leave. */
  readonly nickname: string;
  readonly self: boolean;
  readonly text: string;
}

export interface Chat {
  readonly messages: readonly ChatMessage[];
  /** How many messages of others came while the chat was closed. */
  readonly unread: number;
}

/** Longer messages are cut, so that nobody can fill the others' memory. */
export const longestMessage = 2_000;

/** How many messages are kept. */
const kept = 500;

export const emptyChat: Chat = { messages: [], unread: 0 };

export function addMessage(
  chat: Chat,
  { nickname, self, text }: Omit<ChatMessage, "id">,
  open: boolean,
): Chat {
  const id = (chat.messages.at(-1)?.id ?? 0) + 1;
  const message = { id, nickname, self, text: undeceiving(text).slice(0, longestMessage) };
  return {
    messages: [...chat.messages, message].slice(-kept),
    unread: open || self ? chat.unread : chat.unread + 1,
  };
}
