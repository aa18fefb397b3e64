import { reducedMotion } from './dom';

/** Draws with the next frame, or once a second where it moves by itself and motion is unwelcome. */
export class Frames {
  #waiting = 0;

  constructor(
    private readonly draw: () => void,
    private readonly moves: () => boolean,
  ) {}

  /** There is something new to draw. */
  request(): void {
    if (this.#waiting) return;
    const draw = () => {
      this.#waiting = 0;
      this.draw();
    };
    const calm = reducedMotion.matches && this.moves();
    this.#waiting = calm ? window.setTimeout(draw, 1000) : requestAnimationFrame(draw);
  }
}
