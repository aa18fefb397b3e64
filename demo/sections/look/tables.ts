import '../../parts/numbers.css';
import { part, setText } from '../../parts/dom';
import { type Spread, spreads } from '../../parts/spread';
import { signed } from './numbers';
import type { Statistics } from './watcher';

export interface LayerNumbers {
  readonly title: string;
  readonly selected: number;
  readonly mode: 'eval' | 'train';
  readonly batch: Statistics;
  readonly running: Statistics;
  readonly gamma: ArrayLike<number>;
  readonly beta: ArrayLike<number>;
  /** What the batch's statistics are taken over, in words. */
  readonly over: string;
}

/** The statistics of the chosen channel, and those of all channels of its layer. */
export class StatisticsTables {
  constructor(private readonly host: HTMLElement) {}

  show(numbers: LayerNumbers): void {
    this.#showChannel(numbers);
    // Only where it can be seen: it has many cells.
    if (part<HTMLDetailsElement>(this.host, 'all-channels').open) this.#showLayer(numbers);
  }

  #showChannel({ selected, mode, batch, running, over }: LayerNumbers): void {
    const rows = [
      { name: `this batch: ${over}`, statistics: batch, used: mode === 'train' },
      { name: 'running, from training', statistics: running, used: mode === 'eval' },
    ];
    const body = part(this.host, 'channel-table').querySelector('tbody') as HTMLElement;
    body.replaceChildren(
      ...rows.map(({ name, statistics, used }) => {
        const row = document.createElement('tr');
        row.toggleAttribute('data-used', used);
        const { mean, variance } = statistics;
        row.append(
          cell(used ? `${name} (used)` : name, 'th'),
          cell(signed(mean[selected])),
          cell(signed(variance[selected])),
        );
        return row;
      }),
    );
  }

  #showLayer({ title, selected, batch, running, gamma, beta }: LayerNumbers): void {
    setText(
      part(this.host, 'layer-caption'),
      `${title}. The bars are μ ± σ: above, of this batch; below, dashed, running.`,
    );
    const reach = Math.max(
      ...[batch, running].flatMap(({ mean, variance }) =>
        Array.from(mean, (m, c) => Math.abs(m) + Math.sqrt(variance[c])),
      ),
    );
    const body = part(this.host, 'layer-table').querySelector('tbody') as HTMLElement;
    body.replaceChildren(
      ...Array.from(batch.mean, (_, c) => {
        const row = document.createElement('tr');
        row.toggleAttribute('data-used', c === selected);
        const drawn = document.createElement('td');
        const [now, before] = [batch, running].map(
          ({ mean, variance }): Spread => [mean[c], Math.sqrt(variance[c])],
        );
        drawn.innerHTML = spreads(now, before, -reach, reach);
        const numbers = [
          batch.mean,
          running.mean,
          batch.variance,
          running.variance,
          gamma,
          beta,
        ].map((values) => cell(signed(values[c])));
        row.append(cell(String(c + 1), 'th'), drawn, ...numbers);
        return row;
      }),
    );
  }
}

function cell(text: string, tag: 'td' | 'th' = 'td'): HTMLTableCellElement {
  const element = document.createElement(tag);
  if (tag === 'th') element.scope = 'row';
  element.textContent = text;
  return element;
}
