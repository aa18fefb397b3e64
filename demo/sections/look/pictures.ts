import { type Digits, imageOf } from '../../parts/digits';
import { paintInk } from '../../parts/ink';

const shown = 10;

/** Ten test images to choose from. */
export class Thumbnails {
  #first = -1;

  constructor(
    private readonly host: HTMLElement,
    private readonly choose: (image: number) => void,
  ) {}

  /** `selected`: none where a drawing is looked at. */
  show(test: Digits, around: number, selected: number | undefined): void {
    const first = Math.floor(around / shown) * shown;
    if (first !== this.#first) {
      this.#first = first;
      this.host.replaceChildren(
        ...Array.from({ length: Math.min(shown, test.count - first) }, (_, i) => {
          const image = first + i;
          const button = document.createElement('button');
          button.type = 'button';
          button.className = 'thumb';
          button.setAttribute('aria-label', `Test image ${image + 1}, a ${test.labels[image]}`);
          button.append(paintInk(document.createElement('canvas'), imageOf(test, image)));
          button.addEventListener('click', () => this.choose(image));
          return button;
        }),
      );
    }
    [...this.host.children].forEach((button, i) => {
      button.setAttribute('aria-pressed', String(first + i === selected));
    });
  }
}
