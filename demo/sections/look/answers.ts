import { part, setText } from '../../parts/dom';
import type { Look } from './watcher';

/** The probabilities of the ten digits as bars, and as text; a tick marks the other mode's. */
export class Answers {
  readonly #rows: { bar: HTMLElement; tick: HTMLElement; value: HTMLElement; item: HTMLElement }[];

  constructor(private readonly host: HTMLElement) {
    this.#rows = Array.from({ length: 10 }, (_, digit) => {
      const item = document.createElement('li');
      item.innerHTML =
        '<b></b><span class="track"><span class="bar"></span><span class="tick"></span></span><span class="value"></span>';
      const [name, bar, tick, value] = ['b', '.bar', '.tick', '.value'].map(
        (selector) => item.querySelector(selector) as HTMLElement,
      );
      name.textContent = String(digit);
      return { bar, tick, value, item };
    });
    part(host, 'bars').append(...this.#rows.map(({ item }) => item));
  }

  show(look: Look, mode: 'eval' | 'train', label?: number): void {
    const other = look[mode === 'eval' ? 'train' : 'eval'].probabilities;
    const { probabilities } = look[mode];
    const best = bestOf(probabilities);
    this.#rows.forEach(({ bar, tick, value, item }, digit) => {
      bar.style.width = `${100 * probabilities[digit]}%`;
      tick.style.left = `${100 * other[digit]}%`;
      tick.hidden = other[digit] < 0.01;
      setText(value, percent(probabilities[digit]));
      value.title = String(probabilities[digit]);
      item.toggleAttribute('data-best', digit === best);
    });
    setText(part(this.host, 'best'), String(best));
    setText(part(this.host, 'sure'), `${percent(probabilities[best])} sure`);
    const otherBest = bestOf(other);
    const name = mode === 'eval' ? 'Train mode' : 'Eval mode';
    setText(
      part(this.host, 'other'),
      `${name} would say ${otherBest}, ${percent(other[otherBest])} sure.`,
    );
    setText(part(this.host, 'label'), label === undefined ? '' : `It is a ${label}.`);
  }
}

export function bestOf(probabilities: Float32Array): number {
  return probabilities.reduce((best, p, digit) => (p > probabilities[best] ? digit : best), 0);
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** The answer in words; `drawn`: to a digit that the visitor drew. */
export function spokenAnswer(probabilities: Float32Array, drawn: boolean): string {
  const best = bestOf(probabilities);
  const digit = drawn ? 'Your digit' : 'The digit';
  return `${digit} is read as ${best}, ${percent(probabilities[best])} sure`;
}
