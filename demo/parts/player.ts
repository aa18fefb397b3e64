import type { Performer, Stage } from './stage';

export interface PlayerOptions {
  readonly stage: Stage;
  /** Takes at most so many steps, and says how many it took. It deals with its own errors. */
  advance(steps: number): Promise<number>;
  /** Whether there is something to play. */
  ready(): boolean;
  /** It began or stopped playing, by whomever. */
  onChange(playing: boolean): void;
}

/** Work between two looks at the controls, in milliseconds: short enough for every frame. */
const chunkTime = 12;
const longestChunk = 16;
/** What the pace is measured over, in milliseconds. */
const paceTime = 4000;

/**
 * Takes steps while it plays and the page can be seen, in pieces short enough that frames go on at the
 * display's rate.
 */
export class Player implements Performer {
  #playing = false;
  #looping = false;
  #chunk = 1;
  /** When each piece was done, over the last seconds, and how many steps it was. */
  #pace: { time: number; steps: number }[] = [];

  constructor(private readonly options: PlayerOptions) {
    document.addEventListener('visibilitychange', () => {
      this.#pace = [];
      this.kick();
    });
  }

  get playing(): boolean {
    return this.#playing;
  }

  /** Steps a second while it plays, 0 otherwise. */
  get speed(): number {
    const [first, last] = [this.#pace[0], this.#pace.at(-1)];
    if (!this.#playing || !first || !last || last.time <= first.time) return 0;
    const steps = this.#pace.slice(1).reduce((sum, piece) => sum + piece.steps, 0);
    return (1000 * steps) / (last.time - first.time);
  }

  play(): void {
    this.#set(true);
  }

  pause(): void {
    this.#set(false);
  }

  toggle(): void {
    this.#set(!this.#playing);
  }

  /** Another thing to play, which may be faster or slower. */
  restart(): void {
    this.#chunk = 1;
    this.#pace = [];
    this.kick();
  }

  /** Goes on playing, if it plays and there is something to play again. */
  kick(): void {
    if (!this.#looping) void this.#loop();
  }

  #set(playing: boolean): void {
    if (playing === this.#playing) return;
    this.#playing = playing;
    this.#pace = [];
    const { stage, onChange } = this.options;
    if (playing) stage.enter(this);
    else stage.leave(this);
    onChange(playing);
    this.kick();
  }

  async #loop(): Promise<void> {
    this.#looping = true;
    while (this.#playing && !document.hidden && this.options.ready()) {
      const before = performance.now();
      const steps = await this.options.advance(this.#chunk);
      const now = performance.now();
      const wanted = Math.round((chunkTime * steps) / Math.max(now - before, 0.1));
      this.#chunk = Math.min(longestChunk, Math.max(1, wanted));
      this.#pace.push({ time: now, steps });
      while (this.#pace.length > 2 && now - this.#pace[0].time > paceTime) this.#pace.shift();
    }
    this.#looping = false;
  }
}
