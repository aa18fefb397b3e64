import { Board } from '../../parts/board';
import type { Digits } from '../../parts/digits';
import { part, setText } from '../../parts/dom';
import type { Drawing } from '../../parts/drawing';
import { paintInk } from '../../parts/ink';
import { Thumbnails } from './pictures';

export interface InputActions {
  /** The drawing has changed; `done`: a stroke has ended, or one was taken back. */
  draw(drawing: Drawing, done: boolean): void;
  /** A test image was chosen. */
  take(image: number): void;
  say(message: string): void;
}

/** The digit that is looked into: drawn, or one of the test images. */
export class DigitInput {
  readonly #board: Board;
  readonly #thumbnails: Thumbnails;
  #image = 0;
  #count = 1;

  constructor(
    private readonly host: HTMLElement,
    private readonly actions: InputActions,
  ) {
    this.#board = new Board(part(host, 'board'), { change: actions.draw, say: actions.say });
    this.#thumbnails = new Thumbnails(part(host, 'thumbs'), (image) => this.#take(image));
    part(host, 'undo').addEventListener('click', () => this.#board.undo());
    part(host, 'clear').addEventListener('click', () => this.#board.clear());
    part(host, 'more-images').addEventListener('click', () => {
      this.#take((10 * Math.floor(this.#image / 10) + 10) % this.#count);
    });
  }

  /** Shows a drawing that was not made on the board. */
  setDrawing(drawing: Drawing): void {
    this.#board.drawing = drawing;
  }

  /** `drawn`: the drawing is what is looked into, and not the image. */
  showChoice(test: Digits, image: number, drawn: boolean): void {
    this.#image = image;
    this.#count = test.count;
    this.#thumbnails.show(test, image, drawn ? undefined : image);
    setText(
      part(this.host, 'seen-text'),
      drawn
        ? 'Your drawing, scaled and centred by mass as MNIST’s digits are.'
        : `Test image ${image + 1} of ${test.count}, not used in training.`,
    );
  }

  /** Shows what the network is given. */
  paint(ink: Float32Array): void {
    paintInk(part<HTMLCanvasElement>(this.host, 'seen'), ink);
  }

  #take(image: number): void {
    this.#board.drawing = [];
    this.actions.take(image);
  }
}
