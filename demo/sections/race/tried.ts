import { part, setHidden } from '../../parts/dom';
import { formatCount, formatPercent, formatRate } from '../../parts/format';
import { swatch } from './looks';
import type { Scores } from './scores';
import type { RaceSettings } from './settings';
import { formatVariants, nameOf } from './variants';

/** Runs that are kept. */
const most = 12;
/** A run shorter than this was no try. */
const shortest = 10;

interface Tried {
  /** All that decides how a run comes out. */
  key: string;
  steps: number;
  readonly row: HTMLTableRowElement;
}

/** A table of the runs so far, with a way back to each. */
export class TriedRuns {
  readonly #tried = new Map<Scores, Tried>();

  constructor(
    private readonly host: HTMLElement,
    private readonly goBack: (settings: RaceSettings) => void,
  ) {}

  /** Notes how far a run is, under its settings. */
  note(scores: Scores, settings: RaceSettings): void {
    if (scores.step < shortest) return;
    const { rateChanges } = scores;
    const began = { ...settings, lr: rateChanges[0]?.rate ?? settings.lr };
    const known = this.#tried.get(scores);
    const row = known?.row ?? this.#addRow(began);
    const key = JSON.stringify([
      began.net,
      formatVariants(scores.variants),
      began.batch,
      began.seed,
      rateChanges,
    ]);
    this.#tried.set(scores, { key, steps: scores.step, row });
    this.#fill(row, scores, began);
    this.#tidy(scores);
    setHidden(part(this.host, 'tried-section'), false);
  }

  /** The same run, taken again at least as far, stands for both; the oldest goes. */
  #tidy(newest: Scores): void {
    const { key, steps } = this.#tried.get(newest) as Tried;
    const again = [...this.#tried].filter(
      ([scores, one]) => scores !== newest && one.key === key && one.steps <= steps,
    );
    const [oldest] = this.#tried;
    for (const [scores, { row }] of this.#tried.size > most ? [...again, oldest] : again) {
      row.remove();
      this.#tried.delete(scores);
    }
  }

  #addRow(settings: RaceSettings): HTMLTableRowElement {
    const row = document.createElement('tr');
    const networks = document.createElement('th');
    networks.scope = 'row';
    const cells = Array.from({ length: 5 }, () => document.createElement('td'));
    const back = document.createElement('td');
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = 'Go back';
    button.addEventListener('click', () => this.goBack(settings));
    back.append(button);
    row.append(networks, ...cells, back);
    part(this.host, 'tried').prepend(row);
    return row;
  }

  #fill(row: HTMLTableRowElement, scores: Scores, settings: RaceSettings): void {
    const [networks, best, rate, batch, seed, steps, back] = row.cells;
    const lines = (texts: readonly string[]) =>
      texts.map((text, k) => {
        const line = document.createElement('div');
        line.className = 'line';
        line.append(swatch(k), ` ${text}`);
        return line;
      });
    const net = document.createElement('div');
    net.className = 'line';
    net.textContent = 'Figure 1’s network';
    networks.replaceChildren(
      ...(settings.net === 'mlp' ? [net] : []),
      ...lines(scores.variants.map(nameOf)),
    );
    best.replaceChildren(
      ...lines(
        scores.lanes.map(({ bestAccuracy, divergedAt }) =>
          divergedAt
            ? `${formatPercent(bestAccuracy)}, diverged at ${divergedAt}`
            : formatPercent(bestAccuracy),
        ),
      ),
    );
    rate.textContent = scores.rateChanges
      .map(({ step, rate: value }) =>
        step ? `${formatRate(value)} from ${step}` : formatRate(value),
      )
      .join(', ');
    batch.textContent = String(settings.batch);
    seed.textContent = String(settings.seed);
    steps.textContent = formatCount(scores.step);
    const run = `rate ${rate.textContent}, seed ${seed.textContent}, ${scores.variants.map(nameOf).join(' / ')}`;
    back.querySelector('button')?.setAttribute('aria-label', `Go back to ${run}`);
  }
}
