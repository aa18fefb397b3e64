import { type Digits, imageSize } from '../../parts/digits';
import { bestOf, type Lane, probabilityOf } from './race';

/** Pictures of a few test digits, each with both networks' answers below. */
export class DigitStrip {
  readonly #items: { label: number; item: HTMLElement; answers: HTMLElement[] }[] = [];

  constructor(
    private readonly list: HTMLElement,
    private readonly count: number,
  ) {}

  /** Draws the first digits of `test`. */
  show(test: Digits): void {
    if (this.#items.length) return;
    for (let image = 0; image < this.count; image++) {
      const label = test.labels[image];
      const item = document.createElement('li');
      const answers = ['With batch norm', 'without'].map((name) => {
        const answer = document.createElement('span');
        answer.className = 'answer';
        answer.dataset.name = name;
        answer.textContent = '–';
        return answer;
      });
      item.append(picture(test, image), ...answers);
      this.list.append(item);
      this.#items.push({ label, item, answers });
    }
  }

  update(lanes: readonly Lane[]): void {
    this.#items.forEach(({ label, item, answers }, image) => {
      const words = lanes.map(({ predictions }, k) => {
        const name = answers[k].dataset.name;
        if (!predictions) {
          answers[k].textContent = '–';
          answers[k].dataset.right = 'no';
          return `${name}: no answer`;
        }
        const digit = bestOf(predictions, image);
        const sure = Math.round(100 * probabilityOf(predictions, image, digit));
        const right = digit === label;
        const mark = document.createElement('small');
        mark.textContent = right ? '✓' : '✗';
        answers[k].replaceChildren(String(digit), mark);
        answers[k].dataset.right = right ? 'yes' : 'no';
        answers[k].title = `${sure} % sure`;
        return `${name}: ${digit}, ${sure} % sure`;
      });
      item.setAttribute('aria-label', `A ${label}. ${words.join('; ')}.`);
    });
  }
}

function picture({ images }: Digits, image: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = imageSize;
  canvas.setAttribute('aria-hidden', 'true');
  const bitmap = new ImageData(imageSize, imageSize);
  const ink = images.subarray(image * imageSize ** 2, (image + 1) * imageSize ** 2);
  ink.forEach((value, pixel) => {
    const shade = Math.round(255 * value);
    bitmap.data.set([shade, shade, shade, 255], 4 * pixel);
  });
  canvas.getContext('2d')?.putImageData(bitmap, 0, 0);
  return canvas;
}
