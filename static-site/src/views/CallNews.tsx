/** Says who came and who left to those who do not see it, and briefly to those who do. */
import type { News } from "../call-state";
import { words } from "../messages";

export function CallNews({ news }: { news: readonly News[] }) {
  return (
    <div class="news" role="log" aria-live="polite" aria-relevant="additions">
      {news.map(({ id, kind, nickname }) => (
        <p key={id} dir="auto">
          {kind === "joined" ? words.call.joined(nickname) : words.call.left(nickname)}
        </p>
      ))}
    </div>
  );
}
