/** Arranges the children of a list as a gallery, again whenever its size changes. */
import type { RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";
import { fitTiles } from "../layout";

const gap = 12;

export function useGallery(list: RefObject<HTMLElement | null>, count: number, on: boolean): void {
  useLayoutEffect(() => {
    const element = list.current;
    if (!on || element === null) return;
    const lay = () => {
      const boxes = fitTiles(count, element.clientWidth, element.clientHeight, gap);
      // By script, because the content security policy forbids style attributes.
      boxes.forEach((box, index) => {
        const child = element.children[index];
        if (!(child instanceof HTMLElement)) return;
        for (const [side, pixels] of Object.entries(box)) {
          child.style.setProperty(side, `${String(pixels)}px`);
        }
      });
    };
    lay();
    const observer = new ResizeObserver(lay);
    observer.observe(element);
    return () => {
      observer.disconnect();
      for (const child of element.children) child.removeAttribute("style");
    };
  }, [list, count, on]);
}
