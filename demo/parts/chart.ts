import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Announcer } from './announcer';
import { buildLegend, type ChartSeries } from './chart-legend';
import { type ChartMark, drawMarks } from './chart-marks';
import { fillChartTable } from './chart-table';
import { darkMode, part, setText } from './dom';

export type { ChartSeries } from './chart-legend';
export type { ChartMark } from './chart-marks';

/** Points that share their x; null: a curve has none there. */
export interface Curves {
  readonly x: readonly number[];
  readonly series: readonly (readonly (number | null)[])[];
}

export interface ChartOptions {
  readonly title: string;
  readonly xName: string;
  readonly series: readonly ChartSeries[];
  /** Two series, the upper one first, with the space between them filled. */
  readonly band?: readonly [upper: number, lower: number];
  readonly range: (low: number, high: number) => [number, number];
  readonly logarithmic?: boolean;
  readonly format: (value: number) => string;
  readonly formatTick: (value: number) => string;
  readonly announcer: Announcer;
}

/**
 * Live curves that also work by keyboard and screen reader: the figure takes focus, arrow keys move
 * the cursor and its values are spoken, and a table holds the same numbers.
 */
export class Chart {
  readonly #plot: HTMLElement;
  readonly #table: HTMLElement;
  #series: readonly ChartSeries[];
  #values: HTMLElement[] = [];
  readonly #readout: HTMLElement;
  #uplot?: uPlot;
  #history: Curves;
  #marks: readonly ChartMark[] = [];
  #index: number | null = null;
  #at?: number;
  #subject?: string;
  #rem = 0;

  constructor(
    private readonly figure: HTMLElement,
    private readonly options: ChartOptions,
    history: Curves,
  ) {
    this.#history = history;
    this.#series = options.series;
    figure.innerHTML = `
      <figcaption><h3 data-part="title"></h3><span class="readout" data-part="readout"></span></figcaption>
      <ul class="legend" data-part="legend"></ul>
      <div class="plot" data-part="plot" tabindex="0" role="group" aria-roledescription="chart"></div>
      <div class="visually-hidden"><table><caption></caption><thead></thead><tbody></tbody></table></div>`;
    part(figure, 'title').textContent = options.title;
    this.#readout = part(figure, 'readout');
    this.#plot = part(figure, 'plot');
    this.#plot.setAttribute(
      'aria-label',
      `${options.title} over ${options.xName}s. Arrow keys move the cursor; a table follows.`,
    );
    this.#table = figure.querySelector('table') as HTMLElement;
    (this.#table.querySelector('caption') as HTMLElement).textContent = options.title;
    this.#values = buildLegend(part(this.figure, 'legend'), this.#series);
    this.#plot.addEventListener('keydown', (event) => this.#onKey(event));
    this.#plot.addEventListener('blur', () => this.#moveCursor(null));
    new ResizeObserver(() => this.#resize()).observe(this.#plot);
    darkMode.addEventListener('change', () => this.#rebuild());
    this.#rebuild();
  }

  /** Other curves from now on. */
  setSeries(series: readonly ChartSeries[], history: Curves): void {
    this.#series = series;
    this.#history = history;
    this.#marks = [];
    this.#index = null;
    this.#at = undefined;
    this.#values = buildLegend(part(this.figure, 'legend'), this.#series);
    this.#rebuild();
    this.#showValues();
    this.updateTable();
  }

  /**
   * Draws again: the history has grown, or is another one. The legend tells the values at the point
   * numbered `at`, by default the newest, while there is no cursor. `subject`: what the curves are of, where
   * that changes.
   */
  update(history: Curves, marks: readonly ChartMark[], at?: number, subject?: string): void {
    this.#history = history;
    this.#at = at;
    this.#subject = subject;
    this.#marks = marks;
    this.#uplot?.setData(this.#data());
    this.#showValues();
  }

  /** Fills the table for screen readers; not every frame, since it would never hold still. */
  updateTable(): void {
    const { xName } = this.options;
    const shown = this.#series.flatMap(({ name, faint }, i) => (faint ? [] : [{ name, i }]));
    fillChartTable(
      this.#table,
      [xName, ...shown.map(({ name }) => name)],
      this.#history.x.length,
      (index) => [String(this.#history.x[index]), ...shown.map(({ i }) => this.#text(i, index))],
    );
  }

  #data(): uPlot.AlignedData {
    return [this.#history.x, ...this.#history.series] as uPlot.AlignedData;
  }

  #text(series: number, index: number): string {
    const value = this.#history.series[series][index];
    return value === null || value === undefined ? '–' : this.options.format(value);
  }

  /** The values below the cursor, or the newest. */
  #showValues(): void {
    const last = this.#history.x.length - 1;
    const index = Math.min(this.#index ?? this.#at ?? last, last);
    this.#series.forEach((_, i) => {
      setText(this.#values[i], index < 0 ? '–' : this.#text(i, index));
    });
    setText(this.#readout, index < 0 ? '' : this.#placeOf(index));
  }

  #onKey(event: KeyboardEvent): void {
    const last = this.#history.x.length - 1;
    if (last < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const from = this.#index ?? last;
    const stride = event.shiftKey ? 10 : 1;
    const targets: Record<string, number | null> = {
      ArrowLeft: from - stride,
      ArrowRight: from + stride,
      Home: 0,
      End: last,
      Escape: null,
    };
    if (!(event.key in targets)) return;
    event.preventDefault();
    const target = targets[event.key];
    this.#moveCursor(target === null ? null : Math.min(last, Math.max(0, target)));
    if (this.#index === null) return;
    const index = this.#index;
    const values = this.#series.flatMap(({ name, faint }, i) =>
      faint ? [] : [`${name} ${this.#text(i, index)}`],
    );
    this.options.announcer.say(`${this.#placeOf(index)}: ${values.join(', ')}`);
  }

  #placeOf(index: number): string {
    const place = `${this.options.xName} ${this.#history.x[index]}`;
    return this.#subject ? `${this.#subject}, ${place}` : place;
  }

  #moveCursor(index: number | null): void {
    this.#index = index;
    const left = index === null ? -10 : this.#uplot?.valToPos(this.#history.x[index], 'x');
    this.#uplot?.setCursor({ left: left ?? -10, top: index === null ? -10 : 0 }, false);
    this.#showValues();
  }

  #resize(): void {
    const { clientWidth: width, clientHeight: height } = this.#plot;
    if (!width || !height) return;
    // The axes' fonts are fixed when a plot is made.
    if (this.#rem !== rootFontSize()) this.#rebuild();
    else this.#uplot?.setSize({ width, height });
  }

  #rebuild(): void {
    this.#uplot?.destroy();
    this.#rem = rootFontSize();
    this.#uplot = new uPlot(this.#plotOptions(), this.#data(), this.#plot);
  }

  #plotOptions(): uPlot.Options {
    const { options } = this;
    const style = getComputedStyle(this.figure);
    const color = (name: string) => style.getPropertyValue(name).trim();
    const rem = this.#rem;
    const font = `${Math.round(0.72 * rem)}px ${style.fontFamily}`;
    const axis: uPlot.Axis = {
      stroke: color('--muted'),
      font,
      grid: { stroke: color('--grid'), width: 1 },
      ticks: { show: false },
    };
    return {
      width: this.#plot.clientWidth || 300,
      height: this.#plot.clientHeight || 200,
      padding: [1.25 * rem, 0.75 * rem, 0, 0],
      legend: { show: false },
      cursor: {
        drag: { x: false, y: false, setScale: false },
        y: false,
        points: { size: 0.5 * rem },
      },
      scales: {
        x: { time: false, range: () => [0, Math.max(this.#history.x.at(-1) ?? 0, 20)] },
        y: {
          distr: options.logarithmic ? 3 : 1,
          range: (_, low, high) => options.range(low ?? 1, high ?? 1),
        },
      },
      axes: [
        { ...axis, size: 1.9 * rem, gap: 0.3 * rem, space: 4 * rem, incrs: stepIncrements },
        {
          ...axis,
          size: 3.2 * rem,
          gap: 0.4 * rem,
          space: 2 * rem,
          values: (_, ticks) =>
            ticks.map((tick) => (tick === null ? '' : options.formatTick(tick))),
          ...(options.logarithmic ? { filter: decades } : {}),
        },
      ],
      series: [
        {},
        ...this.#series.map((series) => ({
          label: series.name,
          stroke: color(series.color),
          width: (series.faint ? 1 : 2.25) * (rem / 16),
          alpha: series.faint ? 0.3 : 1,
          dash: series.dash?.map((length) => length * (rem / 16)),
          // A curve of one point is a point.
          points: { show: () => !series.faint && this.#history.x.length === 1, size: 0.4 * rem },
          spanGaps: false,
        })),
      ],
      bands: options.band && [
        { series: [1 + options.band[0], 1 + options.band[1]], fill: this.#bandColor(color) },
      ],
      hooks: {
        draw: [
          (plot) =>
            drawMarks(plot, this.#marks, {
              unit: (rem / 16) * devicePixelRatio,
              font,
              background: color('--card'),
              colorOf: (series) =>
                color(series === undefined ? '--muted' : this.#series[series].color),
              endOf: (series) => lastOf(this.#history.series[series]),
            }),
        ],
        setCursor: [
          (plot) => {
            this.#index = plot.cursor.idx ?? null;
            this.#showValues();
          },
        ],
      },
    };
  }

  #bandColor(color: (name: string) => string): string {
    const upper = this.options.band?.[0] ?? 0;
    return `color-mix(in srgb, ${color(this.#series[upper].color)} 22%, transparent)`;
  }
}

function lastOf(values: readonly (number | null)[]): number {
  return values.reduce((kept, value) => value ?? kept, null) ?? 0;
}

const stepIncrements = [1, 2, 5].flatMap((n) => [1, 10, 100, 1e3, 1e4, 1e5, 1e6].map((m) => n * m));
stepIncrements.sort((a, b) => a - b);

/** Of a log axis' ticks, label the powers of ten. */
function decades(_: uPlot, ticks: number[]): (number | null)[] {
  return ticks.map((tick) => (Math.abs(Math.log10(tick) % 1) < 1e-9 ? tick : null));
}

function rootFontSize(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
}
