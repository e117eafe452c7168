/** Copies the link of this call. */
import { useState } from "preact/hooks";
import { words } from "../messages";
import { Icon } from "./Icon";

/** An icon in the bar above the videos, or words elsewhere. */
export function CopyLink({ look }: { look: "tool" | "button" }) {
  const [copied, setCopied] = useState(false);
  const label = copied ? words.call.copied : words.call.copyLink;
  const copy = () =>
    void navigator.clipboard.writeText(location.href).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  return (
    <button type="button" class={look} aria-label={label} title={label} onClick={copy}>
      <Icon drawing={copied ? "done" : "link"} />
      {look === "button" ? label : null}
      <span class="visually-hidden" role="status">
        {copied ? words.call.copied : null}
      </span>
    </button>
  );
}
