const pause = 600;

/** Speaks to screen readers through a live region, the last message only when many come at once. */
export class Announcer {
  #timer = 0;

  constructor(private readonly region: HTMLElement) {}

  say(message: string): void {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => {
      // The same words twice would not be read again.
      this.region.textContent = message === this.region.textContent ? `${message}\u00a0` : message;
    }, pause);
  }
}
