/** Finds the addresses in what somebody wrote. Everything else stays the text it is. */

export interface Part {
  readonly text: string;
  /** Where a click leads; null for plain text. */
  readonly href: string | null;
}

/** Only what leads to a page: never `javascript:`, `data:` or `file:`. */
const address = /https?:\/\/[^\s<>"'`]+/giu;

/** What ends a sentence rather than an address. */
const punctuation = /[.,;:!?)\]}…]+$/u;

export function splitLinks(text: string): readonly Part[] {
  const parts: Part[] = [];
  let end = 0;
  const plain = (until: number) => {
    if (until > end) parts.push({ text: text.slice(end, until), href: null });
  };
  for (const { 0: found, index } of text.matchAll(address)) {
    const link = found.replace(punctuation, "");
    if (!URL.canParse(link)) continue;
    plain(index);
    parts.push({ text: link, href: new URL(link).href });
    end = index + link.length;
  }
  plain(text.length);
  return parts;
}
