import { reducedMotion } from '../../parts/dom';
import { between, type Camera } from './camera';

/** How long the picture takes to turn to a preset, in milliseconds. */
const turning = 350;

/** A camera that moves to where it is wanted; at once where motion is unwelcome. */
export class Orbit {
  /** Where it is, and where it is on its way to. */
  #camera: Camera;
  #wanted: Camera;
  #frame = 0;

  constructor(
    camera: Camera,
    private readonly onChange: () => void,
  ) {
    this.#camera = camera;
    this.#wanted = camera;
  }

  get camera(): Camera {
    return this.#camera;
  }

  get wanted(): Camera {
    return this.#wanted;
  }

  jump(camera: Camera): void {
    cancelAnimationFrame(this.#frame);
    this.#camera = camera;
    this.#wanted = camera;
    this.onChange();
  }

  turnTo(camera: Camera): void {
    if (reducedMotion.matches) {
      this.jump(camera);
      return;
    }
    cancelAnimationFrame(this.#frame);
    this.#wanted = camera;
    const from = this.#camera;
    const start = performance.now();
    const move = (now: number) => {
      const share = Math.min(1, Math.max(0, (now - start) / turning));
      // Slow at both ends.
      this.#camera = between(from, camera, share * share * (3 - 2 * share));
      this.onChange();
      if (share < 1) this.#frame = requestAnimationFrame(move);
    };
    this.#frame = requestAnimationFrame(move);
  }
}
