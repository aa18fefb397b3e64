import { part } from '../../parts/dom';
import { formatNumber } from '../../parts/format';
import { axisOf } from './axis';
import type { Channels } from './snapshot';

const svg = 'http://www.w3.org/2000/svg';
const size = { width: 320, height: 150, left: 30, right: 6, top: 8, bottom: 16 } as const;

/** A number for each channel, drawn as a dot, with a bar as long as `spread` to either side. */
interface Series {
  readonly className: string;
  readonly values: readonly number[];
  readonly spread?: readonly number[];
  /** Where within a channel's place, −1 … 1. */
  readonly shift: number;
}

/** Each channel of a batch norm: the batch's statistics beside the running ones; scale and shift. */
export class ChannelStrips {
  constructor(private readonly host: HTMLElement) {}

  /** Undefined: the layer has no batch norm. */
  show(channels: Channels | undefined, name: string, step: number): void {
    const { host } = this;
    host.hidden = !channels;
    if (!channels) return;
    part(host, 'channels-title').textContent = `${name}: each channel’s statistics at step ${step}`;
    const spreadOf = (variance: readonly number[]) => variance.map(Math.sqrt);
    strip(part(host, 'statistics'), [
      {
        className: 'of-batch',
        values: channels.batchMean,
        spread: spreadOf(channels.batchVariance),
        shift: -0.4,
      },
      {
        className: 'of-running',
        values: channels.movingMean,
        spread: spreadOf(channels.movingVariance),
        shift: 0.4,
      },
    ]);
    strip(part(host, 'learned'), [
      { className: 'of-gamma', values: channels.gamma, shift: -0.4 },
      { className: 'of-beta', values: channels.beta, shift: 0.4 },
    ]);
    fillTable(part(host, 'channel-table'), channels);
  }
}

function strip(host: HTMLElement, series: readonly Series[]): void {
  const limits = series.flatMap(({ values, spread }) =>
    values.flatMap((value, i) => [value - (spread?.[i] ?? 0), value + (spread?.[i] ?? 0)]),
  );
  const [low, high] = axisOf(limits);
  const count = series[0].values.length;
  const inner = size.width - size.left - size.right;
  const x = (channel: number, shift: number) =>
    size.left + ((channel + 0.5 + 0.3 * shift) / count) * inner;
  const inside = (value: number) => Math.min(high, Math.max(low, value));
  const y = (value: number) =>
    size.top + ((high - inside(value)) / (high - low)) * (size.height - size.top - size.bottom);
  const picture = make('svg', { viewBox: `0 0 ${size.width} ${size.height}`, class: 'strip' });
  for (const value of ticksOf(low, high)) {
    picture.append(
      make('line', { class: 'grid', x1: size.left, x2: size.width, y1: y(value), y2: y(value) }),
      text(size.left - 5, y(value) + 3, 'end', formatTick(value)),
    );
  }
  for (let channel = 0; channel < count; channel++) {
    const label = `${channel + 1}`;
    picture.append(text(x(channel, 0), size.height - 3, 'middle', label));
  }
  for (const { className, values, spread, shift } of series) {
    const group = make('g', { class: className });
    values.forEach((value, channel) => {
      if (!Number.isFinite(value)) return;
      const at = x(channel, shift);
      const half = spread?.[channel];
      if (half !== undefined && Number.isFinite(half)) {
        group.append(make('line', { x1: at, x2: at, y1: y(value - half), y2: y(value + half) }));
      }
      group.append(
        inside(value) === value
          ? make('circle', { cx: at, cy: y(value), r: 2.6 })
          : make('path', { d: arrow(at, y(value), value > high ? 1 : -1) }),
      );
    });
    picture.append(group);
  }
  picture.setAttribute('aria-hidden', 'true');
  host.replaceChildren(picture);
}

function fillTable(table: HTMLElement, channels: Channels): void {
  const rows = channels.batchMean.map((_, channel) => {
    const row = document.createElement('tr');
    const head = document.createElement('th');
    head.scope = 'row';
    head.textContent = String(channel + 1);
    const numbers = [
      channels.batchMean[channel],
      channels.movingMean[channel],
      channels.batchVariance[channel],
      channels.movingVariance[channel],
      channels.gamma[channel],
      channels.beta[channel],
    ];
    const cells = numbers.map((value) => {
      const cell = document.createElement('td');
      cell.textContent = formatNumber(value);
      return cell;
    });
    row.append(head, ...cells);
    return row;
  });
  table.querySelector('tbody')?.replaceChildren(...rows);
}

/** Three or four round numbers within. */
function ticksOf(low: number, high: number): number[] {
  const rough = (high - low) / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const unit = [1, 2, 5, 10].find((step) => step * power >= rough) as number;
  const step = unit * power;
  const first = Math.ceil(low / step);
  const count = Math.floor(high / step) - first + 1;
  return Array.from({ length: count }, (_, i) => (first + i) * step);
}

function formatTick(value: number): string {
  return String(Number(value.toPrecision(3))).replace('-', '−');
}

/** For what lies beyond the axis: the table says where. */
function arrow(x: number, y: number, up: 1 | -1): string {
  return `M${x - 3} ${y + 2.5 * up}L${x} ${y - 3 * up}L${x + 3} ${y + 2.5 * up}Z`;
}

function make(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const element = document.createElementNS(svg, name) as SVGElement;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

function text(x: number, y: number, anchor: string, content: string): SVGElement {
  const element = make('text', { x, y, 'text-anchor': anchor });
  element.textContent = content;
  return element;
}
