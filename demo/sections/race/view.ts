import { Chart, type ChartMark } from '../../parts/chart';
import type { Digits } from '../../parts/digits';
import { part, setHidden, setText } from '../../parts/dom';
import { formatCount, formatNumber, formatPercent, formatRate } from '../../parts/format';
import { History } from '../../parts/history';
import type { Page } from '../../parts/page';
import { DigitStrip } from './digits';
import type { Lane, Race } from './race';

const shownDigits = 10;
const dash = [6, 4];

export const laneNames = ['with batch norm', 'without'] as const;

/** Shows a race: the counters, both networks' cards, the curves, the digits. */
export class RaceView {
  readonly #cards: readonly HTMLElement[];
  readonly #lossChart: Chart;
  readonly #accuracyChart: Chart;
  readonly #digits: DigitStrip;
  /** The evaluation that the digits and the tables show. */
  #evaluated = -1;

  constructor(
    private readonly host: HTMLElement,
    { announcer }: Page,
  ) {
    this.#cards = [part(host, 'lane-bn'), part(host, 'lane-plain')];
    const [bn, plain] = [
      { name: 'With batch norm', color: '--bn' },
      { name: 'Without', color: '--plain', dash },
    ];
    this.#accuracyChart = new Chart(
      part(host, 'accuracy-chart'),
      {
        title: 'Unseen digits read correctly',
        xName: 'step',
        series: [bn, plain],
        range: () => [0, 1],
        format: formatPercent,
        formatTick: (share) => `${Math.round(100 * share)} %`,
        announcer,
      },
      new History(2),
    );
    this.#lossChart = new Chart(
      part(host, 'loss-chart'),
      {
        title: 'Training loss',
        xName: 'step',
        series: [bn, plain, { ...bn, faint: true }, { ...plain, faint: true, dash: undefined }],
        logarithmic: true,
        // One bad step must not flatten all the others: what is above 10 leaves the chart.
        range: (low) => [low < 0.01 ? 0.001 : low < 0.1 ? 0.01 : 0.1, 10],
        format: formatNumber,
        formatTick: String,
        announcer,
      },
      new History(4),
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

  /** Without a GPU there is nothing to steer; the explanation stays. */
  setUsable(usable: boolean): void {
    for (const name of ['panel', 'lanes', 'charts', 'digits-section']) {
      setHidden(part(this.host, name), !usable);
    }
  }

  draw(race: Race, seed: number, speed: number): void {
    const { host } = this;
    setText(part(host, 'step-count'), formatCount(race.step));
    setText(part(host, 'speed'), speed > 0 ? formatSpeed(speed) : '–');
    setText(part(host, 'passes'), race.passes.toFixed(1));
    setText(part(host, 'seed'), String(seed));
    race.lanes.forEach((lane, k) => {
      const card = this.#cards[k];
      card.dataset.status = race.statusOf(lane);
      setText(part(card, 'accuracy'), formatPercent(lane.accuracy));
      setText(
        part(card, 'meaning'),
        lane.divergedAt ? 'its loss is no longer a number' : 'of unseen digits read correctly',
      );
      setText(part(card, 'loss'), formatNumber(lane.divergedAt ? Number.NaN : lane.loss));
      setText(part(card, 'status'), statusText(race, lane));
    });
    const marks = marksOf(race);
    this.#lossChart.update(race.losses, marks);
    this.#accuracyChart.update(race.accuracies, marks);
    const evaluated = race.accuracies.x.at(-1) ?? -1;
    if (evaluated === this.#evaluated) return;
    this.#evaluated = evaluated;
    this.#digits.update(race.lanes);
    this.#lossChart.updateTable();
    this.#accuracyChart.updateTable();
  }
}

export function statusText(race: Race, lane: Lane): string {
  switch (race.statusOf(lane)) {
    case 'waiting':
      return 'Untrained';
    case 'guessing':
      return 'Still guessing';
    case 'learning':
      return 'Learning';
    case 'stuck':
      return lane.bestAccuracy > 0.4 ? 'Fell back to guessing' : 'Stuck at guessing';
    case 'diverged':
      return `Diverged at step ${lane.divergedAt}`;
  }
}

function marksOf(race: Race): ChartMark[] {
  const rates = race.rateChanges.map(({ step, rate }) => ({
    x: step,
    text: `rate ${formatRate(rate)}`,
  }));
  const ends = race.lanes.flatMap(({ divergedAt }, series) =>
    divergedAt ? [{ x: divergedAt, text: `diverged at step ${divergedAt}`, series }] : [],
  );
  return [...rates, ...ends];
}

function formatSpeed(speed: number): string {
  return speed < 10 ? speed.toFixed(1) : formatCount(Math.round(speed));
}
