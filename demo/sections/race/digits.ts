import { type Digits, imageOf } from '../../parts/digits';
import { paintInk } from '../../parts/ink';
import { looks } from './looks';
import { bestOf, probabilityOf } from './race';
import type { Lane } from './scores';

interface Item {
  readonly label: number;
  readonly item: HTMLElement;
  readonly answers: HTMLElement;
}

/** Pictures of a few test digits, each with the networks' answers below. */
export class DigitStrip {
  #items: readonly Item[] = [];
  #names: readonly string[] = [];

  constructor(
    private readonly list: HTMLElement,
    private readonly count: number,
  ) {}

  /** Draws the first digits of `test`. */
  show(test: Digits): void {
    if (this.#items.length) return;
    this.#items = Array.from({ length: this.count }, (_, image) => {
      const item = document.createElement('li');
      const picture = paintInk(document.createElement('canvas'), imageOf(test, image));
      picture.setAttribute('aria-hidden', 'true');
      const answers = document.createElement('div');
      answers.className = 'answers';
      item.append(picture, answers);
      this.list.append(item);
      return { label: test.labels[image], item, answers };
    });
    this.#addAnswers();
  }

  /** Whose answers there are. */
  setNames(names: readonly string[]): void {
    this.#names = names;
    this.#addAnswers();
  }

  update(lanes: readonly Lane[]): void {
    this.#items.forEach(({ label, item, answers }, image) => {
      const words = lanes.map(({ predictions }, k) => {
        const answer = answers.children[k] as HTMLElement;
        const name = this.#names[k];
        if (!predictions) {
          answer.textContent = '–';
          answer.dataset.right = 'no';
          answer.title = `${name}: no answer`;
          return answer.title;
        }
        const digit = bestOf(predictions, image);
        const sure = Math.round(100 * probabilityOf(predictions, image, digit));
        const right = digit === label;
        const mark = document.createElement('small');
        mark.textContent = right ? '✓' : '✗';
        answer.replaceChildren(String(digit), mark);
        answer.dataset.right = right ? 'yes' : 'no';
        answer.title = `${name}: ${digit}, ${sure} % sure`;
        return answer.title;
      });
      item.setAttribute('aria-label', `A ${label}. ${words.join('; ')}.`);
    });
  }

  #addAnswers(): void {
    for (const { answers } of this.#items) {
      answers.replaceChildren(
        ...this.#names.map((_, k) => {
          const answer = document.createElement('span');
          const { color, border } = looks[k];
          answer.className = 'answer';
          answer.style.borderBlockEndColor = `var(${color})`;
          answer.style.borderBlockEndStyle = border;
          answer.textContent = '–';
          return answer;
        }),
      );
    }
  }
}
