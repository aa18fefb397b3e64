import { Chart, type ChartMark } from '../../parts/chart';
import { rgbOf } from '../../parts/color';
import { darkMode, part, setHidden, setText } from '../../parts/dom';
import { formatCount, formatNumber } from '../../parts/format';
import type { Page } from '../../parts/page';
import type { Camera } from './camera';
import { ChannelStrips } from './channels';
import { gradientCurves, percentileCurves, sharedLimit } from './curves';
import type { Journal } from './journal';
import { type Place, percentiles, places, trackOf, watchedLayers } from './layers';
import type { Color, Renderer } from './renderer';
import { type PanelActions, RidgePanel } from './ridge-panel';
import type { Snapshot } from './snapshot';

/** What is shown of a journal. */
export interface Shown {
  /** Number of the layer, from 0. */
  readonly layer: number;
  readonly camera: Camera;
  /** Row of the history that stands out, and the one that the curves and the channels show. */
  readonly row: number;
  readonly pointedRow: number;
  /** Bin that is marked. */
  readonly bin?: number;
}

const titles: Record<Place, string> = {
  before: 'With batch norm: before it',
  after: 'With batch norm: behind it',
  plain: 'Without: the same place',
};
const dash = [6, 4];
const below = { curtains: 5, heatFrom: 55, heatTo: 80 };

/** The pictures, the curves and the channels: all of them at the same step, of the same layer. */
export class InsideView {
  readonly #panels: Readonly<Record<Place, RidgePanel>>;
  readonly #percentiles: readonly Chart[];
  readonly #gradients: Chart;
  readonly #channels: ChannelStrips;
  #limit = 1;
  /** What the charts show, so that they are not drawn again for nothing. */
  #charted = '';

  constructor(
    private readonly host: HTMLElement,
    { announcer }: Page,
    actions: PanelActions,
    redraw: () => void,
  ) {
    darkMode.addEventListener('change', redraw);
    const panel = (place: Place) => new RidgePanel(part(host, place), actions, redraw);
    this.#panels = { before: panel('before'), after: panel('after'), plain: panel('plain') };
    this.#channels = new ChannelStrips(part(host, 'channels'));
    const chartOf = (name: string, title: string, color: string, pattern?: readonly number[]) =>
      new Chart(
        part(host, name),
        {
          title,
          xName: 'step',
          series: percentiles.map((p) => ({
            name: `${p} %`,
            color,
            ...(p === 50 ? pattern && { dash: pattern } : { dash: [2, 3] }),
          })),
          band: [percentiles.length - 1, 0],
          range: () => [-this.#limit, this.#limit],
          format: formatNumber,
          formatTick: (value) => String(Number(value.toPrecision(2))).replace('-', '−'),
          announcer,
        },
        { x: [], series: percentiles.map(() => []) },
      );
    this.#percentiles = [
      chartOf('bn-percentiles', 'Where the numbers lie, with batch norm', '--bn'),
      chartOf('plain-percentiles', 'Where the numbers lie, without', '--plain', dash),
    ];
    const [bn, plain] = [
      { name: 'With batch norm', color: '--bn' },
      { name: 'Without', color: '--plain', dash },
    ];
    const faint = [bn, plain].flatMap((series) =>
      watchedLayers.map(() => ({ ...series, dash: undefined, faint: true })),
    );
    this.#gradients = new Chart(
      part(host, 'gradients'),
      {
        title: 'How long the gradient is',
        xName: 'step',
        series: [bn, plain, ...faint],
        logarithmic: true,
        // Below and above there is nothing to compare any more.
        range: (low, high) => [
          Math.max(1e-6, 10 ** Math.floor(Math.log10(Math.max(low, 1e-9)))),
          Math.min(1e4, 10 ** Math.ceil(Math.log10(Math.max(high, 1e-3)))),
        ],
        format: formatNumber,
        formatTick: String,
        announcer,
      },
      { x: [], series: [[], [], ...faint.map(() => [])] },
    );
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

  /** Whether there is something to see yet, and whether there can be. */
  setState(state: 'idle' | 'running' | 'unusable'): void {
    setHidden(part(this.host, 'invitation'), state !== 'idle');
    setHidden(part(this.host, 'experiment'), state !== 'running');
    setHidden(part(this.host, 'panel'), state === 'unusable');
  }

  /** The experiment is gone, and the renderer with it. */
  release(): void {
    for (const place of places) this.#panels[place].release();
    this.#charted = '';
  }

  /** What a picture shows at the cursor. */
  read(place: Place, text: string): void {
    this.#panels[place].read(text);
  }

  /** `renderer`: none where there is no device to draw ridges. */
  draw(journal: Journal, renderer: Renderer | undefined, shown: Shown, speed: number): void {
    this.#showCounters(journal, shown, speed);
    if (renderer) this.#drawRidges(journal, renderer, shown);
    this.#drawCharts(journal, shown);
  }

  #showCounters({ step, rows, divergedAt }: Journal, { row }: Shown, speed: number): void {
    const { host } = this;
    const { list } = rows;
    setText(part(host, 'step-count'), formatCount(step));
    setText(part(host, 'speed'), speed > 0 ? formatSpeed(speed) : '–');
    ['bn-status', 'plain-status'].forEach((name, lane) => {
      const at = divergedAt[lane];
      setText(
        part(host, name),
        at === undefined ? 'training' : `diverged at step ${at} (loss NaN)`,
      );
    });
    const slider = part<HTMLInputElement>(host, 'row');
    slider.max = String(list.length - 1);
    slider.value = String(row);
    const text = `step ${list[row].step} of ${step}`;
    slider.setAttribute('aria-valuetext', text);
    setText(part(host, 'row-text'), text);
  }

  #drawRidges(journal: Journal, renderer: Renderer, shown: Shown): void {
    const { snapshots, rows } = journal;
    const { list } = rows;
    renderer.setRows(list);
    const { camera, layer, pointedRow } = shown;
    const steps = [list[0].step, list[list.length - 1].step] as const;
    const style = getComputedStyle(this.host);
    const color = (name: string): Color => {
      const [r, g, b] = rgbOf(style.getPropertyValue(name).trim());
      return [r / 255, g / 255, b / 255, 1];
    };
    const [ink, card, outside] = ['--ink', '--card', '--outside'].map(color);
    const { heatFrom, heatTo, curtains } = below;
    const heat = Math.min(1, Math.max(0, (camera.elevation - heatFrom) / (heatTo - heatFrom)));
    for (const place of places) {
      const track = trackOf(layer, place);
      const panel = this.#panels[place];
      panel.hidden = track === undefined;
      if (track === undefined) continue;
      const title =
        watchedLayers[layer].norm || place === 'plain' ? titles[place] : 'With batch norm';
      panel.describe(title, descriptionOf(title, layer, snapshots.at(-1), track));
      panel.draw(renderer, camera, steps, {
        track,
        elements: journal.elementsOf(track),
        chosen: pointedRow,
        marked: shown.bin,
        curtains: camera.elevation > curtains && heat < 1,
        heat,
        colors: { tone: color(place === 'plain' ? '--plain' : '--bn'), ink, card, outside },
      });
    }
  }

  #drawCharts({ snapshots, rows, divergedAt }: Journal, { layer, row }: Shown): void {
    const { step } = rows.list[row];
    const state = [snapshots.length, layer, step, darkMode.matches].join();
    if (state === this.#charted) return;
    this.#charted = state;
    const name = watchedLayers[layer].name;
    this.#limit = sharedLimit(snapshots, layer);
    const at = snapshots.findIndex((snapshot) => snapshot.step === step);
    const marks: ChartMark[] = [{ x: step, text: `step ${step}` }];
    const ended = divergedAt.flatMap((at, series) =>
      at === undefined ? [] : [{ x: at, text: `diverged at step ${at}`, series }],
    );
    const tracks = [trackOf(layer, 'after') ?? trackOf(layer, 'before'), trackOf(layer, 'plain')];
    this.#percentiles.forEach((chart, lane) => {
      chart.update(percentileCurves(snapshots, tracks[lane] as number), marks, at, name);
      chart.updateTable();
    });
    this.#gradients.update(gradientCurves(snapshots, layer), [...marks, ...ended], at, name);
    this.#gradients.updateTable();
    this.#channels.show(snapshots[at].channels[layer], name, step);
  }
}

function descriptionOf(
  title: string,
  layer: number,
  seen: Snapshot | undefined,
  track: number,
): string {
  const [low, middle, high] = (seen?.percentiles[track] ?? []).map(formatNumber);
  return `${watchedLayers[layer].name}, ${title}: distribution of its numbers over the steps. At step ${seen?.step}, 15, 50 and 85 per cent lie below ${low}, ${middle} and ${high}. Left and right arrow keys move over the values, up and down over the steps; with Shift they turn the picture, plus and minus enlarge it.`;
}

function formatSpeed(speed: number): string {
  return speed < 10 ? speed.toFixed(1) : formatCount(Math.round(speed));
}
