/** What people write to each other. Addresses can be clicked; everything else is text. */
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Actions } from "../actions";
import { type Chat as ChatState, longestMessage } from "../chat-state";
import { splitLinks } from "../links";
import { words } from "../messages";
import { Icon } from "../parts/Icon";

interface Props {
  readonly chat: ChatState;
  readonly actions: Actions;
}

export function Chat({ chat, actions }: Props) {
  const log = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const { messages } = chat;
  useEffect(() => field.current?.focus(), []);
  useLayoutEffect(() => {
    if (log.current !== null) log.current.scrollTop = log.current.scrollHeight;
  }, [messages]);

  function send() {
    const text = field.current?.value.trim() ?? "";
    if (field.current === null || text === "") return;
    field.current.value = "";
    void actions.say(text);
  }

  return (
    <>
      <div class="chat-log" ref={log} role="log" aria-label={words.chat.title} tabIndex={0}>
        {messages.length === 0 ? <p class="aside">{words.chat.empty}</p> : null}
        {messages.map(({ id, nickname, self, text }) => (
          <div class="message" key={id} data-self={self}>
            <bdi class="nickname">{self ? words.you : nickname || words.unnamed}</bdi>
            <Text text={text} />
          </div>
        ))}
      </div>
      <form
        class="chat-form"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <label class="visually-hidden" for="message">
          {words.chat.label}
        </label>
        <textarea
          id="message"
          ref={field}
          rows={1}
          maxLength={longestMessage}
          placeholder={words.chat.label}
          onKeyDown={(event) => {
            // Shift and Enter starts a new line. While a character is being composed, Enter chooses it.
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            send();
          }}
        />
        <button
          type="submit"
          class="button primary"
          aria-label={words.chat.send}
          title={words.chat.send}
        >
          <Icon drawing="send" />
        </button>
      </form>
    </>
  );
}

function Text({ text }: { text: string }) {
  return (
    <p dir="auto">
      {splitLinks(text).map(({ text: part, href }) =>
        href === null ? (
          part
        ) : (
          <a href={href} target="_blank" rel="noopener noreferrer nofollow">
            {part}
          </a>
        ),
      )}
    </p>
  );
}
