import { Chart, type ChartMark, type ChartSeries } from '../../parts/chart';
import type { Digits } from '../../parts/digits';
import { part, setHidden, setText } from '../../parts/dom';
import { formatCount, formatNumber, formatPercent, formatRate } from '../../parts/format';
import { History } from '../../parts/history';
import type { Page } from '../../parts/page';
import { LaneCards } from './cards';
import { DigitStrip } from './digits';
import { looks } from './looks';
import { divergence, type Scores } from './scores';
import { nameOf, type Variant } from './variants';

const shownDigits = 10;

/** What the counters show besides the scores. */
export interface Counters {
  readonly seed: number;
  /** Steps a second; 0 where none are taken. */
  readonly speed: number;
  /** How often a network has seen each training image, by the steps taken. */
  readonly passes: readonly number[];
}

/** Shows a race: the counters, the networks' cards, the curves, the digits. */
export class RaceView {
  readonly #cards: LaneCards;
  readonly #lossChart: Chart;
  readonly #accuracyChart: Chart;
  readonly #digits: DigitStrip;
  #scores?: Scores;
  /** The evaluation that the digits and the tables show. */
  #evaluated = -1;

  constructor(
    private readonly host: HTMLElement,
    { announcer }: Page,
    change: (variants: readonly Variant[]) => void,
  ) {
    this.#cards = new LaneCards(host, change);
    this.#accuracyChart = new Chart(
      part(host, 'accuracy-chart'),
      {
        title: 'Unseen digits read correctly',
        xName: 'step',
        series: [],
        range: () => [0, 1],
        format: formatPercent,
        formatTick: (share) => `${Math.round(100 * share)} %`,
        announcer,
      },
      new History(0),
    );
    this.#lossChart = new Chart(
      part(host, 'loss-chart'),
      {
        title: 'Training loss',
        xName: 'step',
        series: [],
        logarithmic: true,
        // One bad step must not flatten all the others: what is above 10 leaves the chart.
        range: (low) => [low < 0.01 ? 0.001 : low < 0.1 ? 0.01 : 0.1, 10],
        format: formatNumber,
        formatTick: String,
        announcer,
      },
      new History(0),
    );
    this.#digits = new DigitStrip(part(host, 'digits'), shownDigits);
  }

  /** A phase of loading; `share` of it done, where that is known. */
  showPhase(text: string, share?: number): void {
    const { host } = this;
    part(host, 'panel').toggleAttribute('data-loading', true);
    setText(part(host, 'phase'), text);
    const bar = part<HTMLProgressElement>(host, 'progress');
    if (share === undefined) bar.removeAttribute('value');
    else bar.value = share;
  }

  hidePhase(): void {
    part(this.host, 'panel').toggleAttribute('data-loading', false);
  }

  showDigits(test: Digits): void {
    this.#digits.show(test);
  }

  /** A recorded run has nothing to steer but its time. */
  setSteerable(steerable: boolean): void {
    this.#cards.setEditable(steerable);
    for (const name of ['rate-controls', 'batch-controls', 'speed-counter']) {
      setHidden(part(this.host, name), !steerable);
    }
  }

  draw(scores: Scores, { seed, speed, passes }: Counters): void {
    const { host } = this;
    if (scores !== this.#scores) this.#setScores(scores);
    setText(part(host, 'step-count'), formatCount(scores.step));
    setText(part(host, 'speed'), speed > 0 ? formatSpeed(speed) : '–');
    setText(part(host, 'passes'), formatRange(passes));
    setText(part(host, 'seed'), String(seed));
    this.#cards.draw(scores);
    const marks = marksOf(scores);
    this.#lossChart.update(scores.losses, marks);
    this.#accuracyChart.update(scores.accuracies, marks);
    const evaluated = scores.accuracies.x.at(-1) ?? -1;
    if (evaluated === this.#evaluated) return;
    this.#evaluated = evaluated;
    this.#digits.update(scores.lanes);
    this.#lossChart.updateTable();
    this.#accuracyChart.updateTable();
  }

  /** Cards, curves and answers for these networks. */
  #setScores(scores: Scores): void {
    this.#scores = scores;
    this.#evaluated = -1;
    const { variants } = scores;
    this.#cards.show(variants);
    this.#digits.setNames(variants.map(nameOf));
    const series = variants.map(
      (variant, k): ChartSeries => ({ name: nameOf(variant), ...looks[k] }),
    );
    const steps = series.map((one): ChartSeries => ({ ...one, faint: true, dash: undefined }));
    this.#accuracyChart.setSeries(series, scores.accuracies);
    this.#lossChart.setSeries([...series, ...steps], scores.losses);
  }
}

function marksOf({ rateChanges, lanes }: Scores): ChartMark[] {
  const rates = rateChanges
    .filter(({ step }) => step > 0)
    .map(({ step, rate }) => ({ x: step, text: `rate ${formatRate(rate)}` }));
  const ends = lanes.flatMap((lane, series) =>
    lane.divergedAt ? [{ x: lane.divergedAt, text: divergence(lane), series }] : [],
  );
  return [...rates, ...ends];
}

function formatSpeed(speed: number): string {
  return speed < 10 ? speed.toFixed(1) : formatCount(Math.round(speed));
}

/** Of the least and the most; one number where they are alike. */
function formatRange(values: readonly number[]): string {
  const [low, high] = [Math.min(...values).toFixed(1), Math.max(...values).toFixed(1)];
  return low === high ? low : `${low}–${high}`;
}
