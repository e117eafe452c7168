/** The frame of every screen outside a call: the site's name, a heading and a form. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { words } from "../messages";
import { Icon } from "./Icon";

interface Props {
  readonly title: string;
  readonly children?: ComponentChildren;
  /** Whether to focus the heading, so that screen readers announce the new screen. */
  readonly focusTitle?: boolean;
}

export function Card({ title, children, focusTitle = false }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => {
    if (focusTitle) heading.current?.focus();
  }, [focusTitle]);
  return (
    <main class="page">
      <p class="brand">
        <Icon drawing="camera" /> {words.appName}
      </p>
      <section class="card">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {children}
      </section>
    </main>
  );
}
