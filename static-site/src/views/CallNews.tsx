/** Announces to screen readers what has happened, and shows it for a moment. */
import type { News } from "../call-state";
import { words } from "../messages";

export function CallNews({ news }: { news: readonly News[] }) {
  return (
    <div class="news" role="log" aria-live="polite" aria-relevant="additions">
      {news.map((piece) => (
        <p key={piece.id} dir="auto">
          {sentenceOf(piece)}
        </p>
      ))}
    </div>
  );
}

function sentenceOf({ kind, nickname, text = "" }: News): string {
  switch (kind) {
    case "joined":
      return words.call.joined(nickname);
    case "left":
      return words.call.left(nickname);
    case "screen":
      return words.call.screenShown(nickname);
    case "said":
      return words.chat.said(nickname, text);
  }
}
