/** A notice that is announced at once: a problem, or what the page waits for. */
import type { ComponentChildren } from "preact";
import { Icon } from "./Icon";

interface Props {
  readonly tone: "problem" | "info";
  readonly children: ComponentChildren;
  /** Its buttons. */
  readonly actions?: ComponentChildren;
}

export function Notice({ tone, children, actions }: Props) {
  return (
    <div class="notice" data-tone={tone} role={tone === "problem" ? "alert" : "status"}>
      <Icon drawing={tone} />
      <p>{children}</p>
      {actions === undefined ? null : <div class="notice-actions">{actions}</div>}
    </div>
  );
}
