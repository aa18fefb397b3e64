import { part, setHidden, setText } from '../../parts/dom';
import { formatNumber, formatPercent } from '../../parts/format';
import { looks, swatch } from './looks';
import { divergence, type Lane, type Scores } from './scores';
import {
  activations,
  another,
  batches,
  dropouts,
  mostLanes,
  multiples,
  nameOf,
  type Variant,
} from './variants';

interface Choice<T> {
  /** The select's `data-part`. */
  readonly part: string;
  readonly key: keyof Variant;
  readonly values: readonly T[];
  readonly text: (value: T) => string;
}

const choices = [
  choice('norm', 'norm', [true, false], (norm) => (norm ? 'with' : 'without')),
  choice('multiple', 'multiple', multiples, (multiple) => `×${multiple}`),
  choice('activation', 'activation', activations, String),
  choice('lane-batch', 'batch', [0, ...batches], (batch) => (batch ? String(batch) : 'as above')),
  choice('dropout', 'dropout', dropouts, (share) => (share ? String(share) : 'none')),
];

function choice<K extends keyof Variant>(
  name: string,
  key: K,
  values: readonly Variant[K][],
  text: (value: Variant[K]) => string,
): Choice<unknown> {
  return { part: name, key, values, text: (value) => text(value as Variant[K]) };
}

/** A card for each network: how it is doing, and what may be changed about it. */
export class LaneCards {
  #cards: HTMLElement[] = [];
  #variants: readonly Variant[] = [];
  #editable = true;

  /** `change` is told which networks to race instead. */
  constructor(
    private readonly host: HTMLElement,
    private readonly change: (variants: readonly Variant[]) => void,
  ) {
    part(host, 'add-lane').addEventListener('click', () => {
      this.change([...this.#variants, another(this.#variants)]);
    });
  }

  show(variants: readonly Variant[]): void {
    // A card that stays keeps its place, its focus and whether it is open.
    while (this.#cards.length > variants.length) this.#cards.pop()?.remove();
    while (this.#cards.length < variants.length) this.#cards.push(this.#addCard());
    this.#variants = variants;
    this.#cards.forEach((card, k) => {
      const variant = variants[k];
      setText(part(card, 'name'), nameOf(variant));
      for (const { part: name, key, values } of choices) {
        part<HTMLSelectElement>(card, name).selectedIndex = values.indexOf(variant[key]);
      }
      part<HTMLButtonElement>(card, 'remove').disabled = variants.length === 1;
    });
    part<HTMLButtonElement>(this.host, 'add-lane').disabled = variants.length >= mostLanes;
    part(this.host, 'lanes').dataset.count = String(variants.length);
    this.setEditable(this.#editable);
  }

  /** Without a GPU the networks are as they were recorded. */
  setEditable(editable: boolean): void {
    this.#editable = editable;
    for (const card of this.#cards) setHidden(part(card, 'editor'), !editable);
    setHidden(part(this.host, 'lane-tools'), !editable);
  }

  draw(scores: Scores): void {
    scores.lanes.forEach((lane, k) => {
      const card = this.#cards[k];
      card.dataset.status = scores.statusOf(lane);
      setText(part(card, 'accuracy'), formatPercent(lane.accuracy));
      setText(
        part(card, 'meaning'),
        lane.divergedAt
          ? `right at best: ${formatPercent(lane.bestAccuracy)}`
          : 'of unseen digits read correctly',
      );
      setText(part(card, 'loss'), formatNumber(lane.divergedAt ? Number.NaN : lane.loss));
      setText(part(card, 'status'), statusText(scores, lane));
    });
  }

  #addCard(): HTMLElement {
    const template = part<HTMLTemplateElement>(this.host, 'lane-template');
    const fragment = template.content.cloneNode(true) as DocumentFragment;
    const card = part(fragment, 'lane');
    const k = this.#cards.length;
    card.style.setProperty('--tone', `var(${looks[k].color})`);
    part(card, 'title').prepend(swatch(k));
    for (const { part: name, key, values, text } of choices) {
      const select = part<HTMLSelectElement>(card, name);
      select.append(...values.map((value) => new Option(text(value))));
      select.addEventListener('change', () => {
        this.#replace(k, [{ ...this.#variants[k], [key]: values[select.selectedIndex] }]);
      });
    }
    part(card, 'remove').addEventListener('click', () => this.#replace(k, []));
    part(this.host, 'lanes').append(card);
    return card;
  }

  #replace(k: number, by: readonly Variant[]): void {
    this.change(this.#variants.flatMap((variant, i) => (i === k ? by : [variant])));
  }
}

export function statusText(scores: Scores, lane: Lane): string {
  switch (scores.statusOf(lane)) {
    case 'waiting':
      return 'Untrained';
    case 'guessing':
      return 'Still guessing';
    case 'learning':
      return 'Learning';
    case 'stuck':
      return lane.bestAccuracy > 0.4 ? 'Fell back to guessing' : 'Stuck at guessing';
    case 'diverged':
      return divergence(lane).replace(/^d/, 'D');
  }
}
