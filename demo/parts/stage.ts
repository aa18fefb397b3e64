/** What keeps the GPU busy while it plays. */
export interface Performer {
  pause(): void;
}

/** One section at a time works the GPU without pause: who enters makes the one before pause. */
export class Stage {
  #performer?: Performer;

  enter(performer: Performer): void {
    const before = this.#performer;
    this.#performer = performer;
    if (before && before !== performer) before.pause();
  }

  leave(performer: Performer): void {
    if (this.#performer === performer) this.#performer = undefined;
  }
}
