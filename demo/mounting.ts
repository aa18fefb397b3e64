import type { SectionFrame } from './section-frame';

/** A section of which so little can be seen is not what the visitor came for; see `#ahead`. */
const peeking = -0.1;
const nearby = 0.5;

/**
 * Decides when sections are mounted: what a link leads to first and by itself, then what can be seen; and once
 * the visitor scrolls, what is about to be seen. Who comes for one section is not made to compile another.
 */
export class Mounting {
  #waiting: readonly SectionFrame[];
  /** How far beyond the window a section may be, in the window's heights; below 0, how much must be seen. */
  #ahead = peeking;
  /** Counts what links led to and what is not yet mounted. */
  #leading = 0;

  constructor(frames: readonly SectionFrame[]) {
    this.#waiting = frames;
  }

  /** A link leads to `frame`, or the page begins with it. */
  async lead(frame: SectionFrame): Promise<void> {
    this.#ahead = peeking;
    this.#leading++;
    try {
      await frame.mount();
    } finally {
      this.#leading--;
    }
    this.look();
  }

  /** The visitor scrolls. */
  scrolled(): void {
    this.#ahead = nearby;
  }

  /** Mounts what is, or is about to be, in view. */
  look(): void {
    if (this.#leading) return;
    const beyond = this.#ahead * innerHeight;
    this.#waiting = this.#waiting.filter((frame) => {
      const { top, bottom } = frame.element.getBoundingClientRect();
      if (top >= innerHeight + beyond || bottom <= this.#topOf(frame) - beyond) return true;
      void frame.mount();
      return false;
    });
  }

  /** A section that a link leads to stands a little below the edge of the window: what is above it is not meant. */
  #topOf({ element }: SectionFrame): number {
    return Number.parseFloat(getComputedStyle(element).scrollMarginBlockStart) + 1;
  }
}
