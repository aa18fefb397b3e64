import type { Playback } from './saved-run';

/** Steps a second. */
const pace = 60;
/** Milliseconds between two pictures, at least: meanwhile the live run is being compiled. */
const rest = 30;

/** Plays a recorded run. */
export class Replay {
  #playing = false;
  #frame = 0;
  /** Where it is, with the part of a step that has passed. */
  #place = 0;

  /** `onChange`: it moved, began or stopped. */
  constructor(
    readonly playback: Playback,
    private readonly onChange: () => void,
  ) {}

  get playing(): boolean {
    return this.#playing;
  }

  play(): void {
    if (this.#playing) return;
    this.#playing = true;
    if (this.playback.step >= this.playback.length) this.seek(0);
    let before = performance.now();
    const tick = (now: number) => {
      this.#frame = requestAnimationFrame(tick);
      if (now - before < rest) return;
      // A page that was hidden goes on where it was.
      const passed = Math.min(0.1, Math.max(0, now - before) / 1000);
      before = now;
      this.#move(this.#place + pace * passed);
      if (this.playback.step >= this.playback.length) this.pause();
    };
    this.#frame = requestAnimationFrame(tick);
    this.onChange();
  }

  pause(): void {
    if (!this.#playing) return;
    this.#playing = false;
    cancelAnimationFrame(this.#frame);
    this.onChange();
  }

  toggle(): void {
    if (this.#playing) this.pause();
    else this.play();
  }

  seek(step: number): void {
    this.#move(Math.min(Math.max(0, step), this.playback.length));
  }

  #move(place: number): void {
    this.#place = place;
    this.playback.seek(Math.floor(place));
    this.onChange();
  }
}
