/** What has happened in a call, kept until somebody listens. */
import type { CallEvent, CallListener } from "./members";

export class CallEvents {
  #listener: CallListener | null = null;
  #unheard: CallEvent[] = [];
  #over = false;

  emit(event: CallEvent): void {
    if (this.#over) return;
    if (this.#listener === null) this.#unheard.push(event);
    else this.#listener(event);
  }

  /** Tells `listener` from now on. The caller gives it the roster first. */
  tell(listener: CallListener): void {
    // The roster already tells who came and left.
    this.#unheard = this.#unheard.filter(({ type }) => type !== "member" && type !== "memberLeft");
    queueMicrotask(() => {
      if (this.#over) return;
      this.#listener = listener;
      for (const event of this.#unheard.splice(0)) this.emit(event);
    });
  }

  /** Nothing is told any more. */
  end(): void {
    this.#over = true;
    this.#listener = null;
  }
}
