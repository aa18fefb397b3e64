import '../../parts/numbers.css';
import type { Announcer } from '../../parts/announcer';
import { Chart } from '../../parts/chart';
import { part, setHidden, setText } from '../../parts/dom';
import { formatCount } from '../../parts/format';
import { History } from '../../parts/history';
import { type Spread, spreads } from '../../parts/spread';
import type { Errors, Measured, NormStatistics } from './adaptation';
import { featureNames } from './data';
import { type Scaling, scalingNames, scalings } from './network';
import type { Run, Runs } from './runs';

const dash = [6, 4];
/** An error in thousands of euros. */
export const formatError = (error: number) =>
  Number.isFinite(error) ? `${formatLarge(error)} k€` : '–';

/** Shows the six trainings, and what a shift does to one of the networks. */
export class TabularView {
  readonly #charts: ReadonlyMap<Scaling, Chart>;
  readonly #cells = new Map<string, { radio: HTMLInputElement; text: HTMLElement }>();

  constructor(
    private readonly host: HTMLElement,
    announcer: Announcer,
    choose: (scaling: Scaling, normalised: boolean) => void,
  ) {
    this.#charts = new Map(
      scalings.map((scaling) => {
        const figure = document.createElement('figure');
        figure.className = 'chart';
        figure.dataset.part = `chart-${scaling}`;
        part(host, 'charts').append(figure);
        const chart = new Chart(
          figure,
          {
            title: scalingNames[scaling],
            xName: 'step',
            series: [
              { name: 'With batch norm', color: '--bn' },
              { name: 'Without', color: '--plain', dash },
            ],
            logarithmic: true,
            range: () => [0.5, 40],
            format: formatError,
            formatTick: (value) => `${value} k€`,
            announcer,
          },
          new History(2),
        );
        return [scaling, chart] as const;
      }),
    );
    for (const scaling of scalings) this.#addRow(scaling, choose);
  }

  #addRow(scaling: Scaling, choose: (scaling: Scaling, normalised: boolean) => void): void {
    const row = document.createElement('tr');
    const head = document.createElement('th');
    head.scope = 'row';
    head.textContent = scalingNames[scaling];
    row.append(head);
    for (const normalised of [true, false]) {
      const cell = document.createElement('td');
      const label = document.createElement('label');
      const radio = document.createElement('input');
      radio.type = 'radio';
      radio.name = 'tab-network';
      const name = `${scalingNames[scaling]}, ${normalised ? 'with' : 'without'} batch norm`;
      radio.setAttribute('aria-label', name);
      radio.addEventListener('change', () => choose(scaling, normalised));
      const text = document.createElement('span');
      text.textContent = '–';
      label.append(radio, text);
      cell.append(label);
      row.append(cell);
      this.#cells.set(`${scaling} ${normalised}`, { radio, text });
    }
    part(this.host, 'six').append(row);
  }

  showPhase(text: string): void {
    setText(part(this.host, 'phase'), text);
  }

  showCpu(reason: string): void {
    const note = part(this.host, 'cpu-note');
    setText(
      note,
      `${reason}, so the library’s CPU reference trains these small networks: the same numbers, more slowly.`,
    );
    setHidden(note, reason === '');
  }

  showRuns(runs: Runs): void {
    setText(part(this.host, 'step-count'), formatCount(runs.step));
    for (const run of runs.all) {
      const cell = this.#cells.get(`${run.scaling} ${run.normalised}`);
      if (cell) setText(cell.text, errorText(run));
    }
    for (const [scaling, chart] of this.#charts) {
      const marks = [true, false].flatMap((normalised, series) => {
        const { divergedAt } = runs.find(scaling, normalised);
        const text = `diverged at step ${divergedAt}`;
        return divergedAt ? [{ x: divergedAt, text, series }] : [];
      });
      chart.update(runs.errors.get(scaling) as History, marks);
      chart.updateTable();
    }
  }

  showChoice(scaling: Scaling, normalised: boolean): void {
    const cell = this.#cells.get(`${scaling} ${normalised}`);
    if (cell) cell.radio.checked = true;
  }

  showCount(examples: number, milliseconds?: number): void {
    const time = milliseconds === undefined ? '' : `, ${formatCount(Math.round(milliseconds))} ms`;
    setText(part(this.host, 'count'), `${formatCount(examples)} examples, 0 labels${time}`);
  }

  /** `bikes`: whether they have joined. */
  showErrors(trained: Errors | undefined, adapted: Errors | undefined, bikes: boolean): void {
    const rows: [string, keyof Errors][] = [
      ['cars, unseen', 'cars'],
      ...(bikes
        ? ([
            ['motorbikes', 'bikes'],
            ['both', 'both'],
          ] as [string, keyof Errors][])
        : []),
    ];
    const body = part(this.host, 'errors').querySelector('tbody') as HTMLElement;
    const text = (errors: Errors | undefined, key: keyof Errors) => errors?.[key].toFixed(3) ?? '–';
    body.replaceChildren(
      ...rows.map(([name, key]) => tableRow([name, text(trained, key), text(adapted, key)], key)),
    );
  }

  showStatistics(measured: Measured | undefined): void {
    setHidden(part(this.host, 'statistics'), !measured);
    if (!measured) return;
    const [inputs, ...hidden] = measured.statistics;
    const body = part(this.host, 'features').querySelector('tbody') as HTMLElement;
    body.replaceChildren(
      ...featureNames.map((name, channel) => {
        const [running, now] = [spreadOf(inputs.running, channel), spreadOf(inputs.now, channel)];
        const [low, high] = axisOf([running, now]);
        const numbers = [running[0], now[0], running[1], now[1]].map(formatLarge);
        const row = tableRow([name, '', ...numbers, moved(running, now)]);
        row.cells[1].innerHTML = spreads(now, running, low, high);
        return row;
      }),
    );
    part(this.host, 'channels').replaceChildren(...hidden.map(channelTable));
  }
}

function errorText({ divergedAt, error }: Run): string {
  return divergedAt ? `diverged at step ${divergedAt}` : formatError(error);
}

function spreadOf({ mean, variance }: NormStatistics['now'], channel: number): Spread {
  return [mean[channel], Math.sqrt(variance[channel])];
}

/** An axis that holds all, with 0 at its end where that is near. */
function axisOf(all: readonly Spread[]): [number, number] {
  const low = Math.min(...all.map(([mean, deviation]) => mean - deviation));
  const high = Math.max(...all.map(([mean, deviation]) => mean + deviation));
  return [Math.min(0, low), high];
}

/** With two digits, from 1000 on without. */
function formatLarge(value: number): string {
  return Math.abs(value) < 1000 ? value.toFixed(2) : formatCount(Math.round(value));
}

function moved([mean, deviation]: Spread, [now]: Spread): string {
  const by = ((now - mean) / deviation).toFixed(2);
  return `${Number(by) > 0 ? '+' : ''}${by.replace(/^-0\.00$/, '0.00').replace('-', '−')} σ`;
}

function channelTable({ name, running, now }: NormStatistics): HTMLElement {
  const figure = document.createElement('figure');
  const layer = name.replace('norm', '');
  figure.innerHTML = `<figcaption>Hidden layer ${layer}</figcaption><table class="numbers"><thead><tr><th scope="col">channel</th><th scope="col"><span class="visually-hidden">μ ± σ, drawn</span></th><th scope="col">moved by</th></tr></thead><tbody></tbody></table>`;
  const reach = Math.max(
    ...[running, now].flatMap(({ mean, variance }) =>
      Array.from(mean, (m, c) => Math.abs(m) + Math.sqrt(variance[c])),
    ),
  );
  figure.querySelector('tbody')?.append(
    ...Array.from(running.mean, (_, channel) => {
      const [before, after] = [spreadOf(running, channel), spreadOf(now, channel)];
      const row = tableRow([String(channel + 1), '', moved(before, after)]);
      row.cells[1].innerHTML = spreads(after, before, -reach, reach);
      return row;
    }),
  );
  return figure;
}

/** `key` tells rows apart. */
function tableRow(texts: readonly string[], key?: string): HTMLTableRowElement {
  const row = document.createElement('tr');
  if (key) row.dataset.row = key;
  texts.forEach((text, i) => {
    const cell = document.createElement(i === 0 ? 'th' : 'td');
    if (i === 0) cell.scope = 'row';
    cell.textContent = text;
    row.append(cell);
  });
  return row;
}
