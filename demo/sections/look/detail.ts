import type { Announcer } from '../../parts/announcer';
import { part, setText } from '../../parts/dom';
import { batchNorm, formulas } from '../../parts/formulas';
import type { Channel } from './arithmetic';
import { normalise } from './arithmetic';
import { paintMap } from './colors';
import { exact, signed } from './numbers';
import type { Maps } from './watcher';

/** One channel of a layer, and one pixel of it. */
export interface Shown {
  readonly title: string;
  readonly channelIndex: number;
  readonly pixel: number;
  readonly before: Maps;
  readonly after: Maps;
  readonly channel: Channel;
  readonly range: number;
}

/** Both maps of a channel at large, a pixel in them, and the arithmetic that leads from one to the other. */
export class Detail {
  readonly #canvases: readonly HTMLCanvasElement[];
  #shown?: Shown;
  /** Whether the next pixel shown is to be spoken. */
  #speak = false;

  constructor(
    private readonly host: HTMLElement,
    private readonly announcer: Announcer,
    private readonly choose: (pixel: number) => void,
  ) {
    this.#canvases = [part(host, 'big-before'), part(host, 'big-after')];
    for (const canvas of this.#canvases) {
      canvas.addEventListener('click', (event) => this.#onClick(canvas, event));
    }
    const picker = part(host, 'picker');
    picker.tabIndex = 0;
    picker.setAttribute('role', 'group');
    picker.setAttribute('aria-roledescription', 'pixel picker');
    picker.setAttribute('aria-label', 'Pixels of the channel. Arrow keys go from pixel to pixel.');
    picker.addEventListener('keydown', (event) => this.#onKey(event));
  }

  show(shown: Shown): void {
    this.#shown = shown;
    const { host } = this;
    const { before, after, channelIndex, pixel, channel, range, title } = shown;
    setText(part(host, 'detail-title'), title);
    paintMap(this.#canvases[0], before, channelIndex, range);
    paintMap(this.#canvases[1], after, channelIndex, range);
    const [x, y] = [before, after].map(
      ({ values, channels }) => values[pixel * channels + channelIndex],
    );
    const [column, row] = [pixel % before.width, Math.floor(pixel / before.width)];
    for (const cursor of host.querySelectorAll<HTMLElement>('.cursor')) {
      cursor.style.left = `${(100 * column) / before.width}%`;
      cursor.style.top = `${(100 * row) / before.height}%`;
      cursor.style.width = `${100 / before.width}%`;
      cursor.style.height = `${100 / before.height}%`;
    }
    const computed = normalise(x, channel);
    part(host, 'arithmetic').innerHTML = arithmeticOf(x, channel, computed);
    const tensor = part(host, 'tensor');
    tensor.dataset.value = String(y);
    setText(
      tensor,
      `Row ${row + 1}, column ${column + 1}. The tensor has ${exact(y)} there; the difference is ${Math.abs(y - computed).toExponential(0)}.`,
    );
    if (!this.#speak) return;
    this.#speak = false;
    this.announcer.say(`Row ${row + 1}, column ${column + 1}: ${signed(x)} becomes ${signed(y)}`);
  }

  #onClick(canvas: HTMLCanvasElement, { clientX, clientY }: MouseEvent): void {
    if (!this.#shown) return;
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const { before } = this.#shown;
    const at = (share: number, extent: number) =>
      Math.min(extent - 1, Math.max(0, Math.floor(share * extent)));
    const column = at((clientX - left) / width, before.width);
    const row = at((clientY - top) / height, before.height);
    this.choose(row * before.width + column);
  }

  #onKey(event: KeyboardEvent): void {
    if (!this.#shown || event.ctrlKey || event.metaKey || event.altKey) return;
    const { width, height } = this.#shown.before;
    const { pixel } = this.#shown;
    const [column, row] = [pixel % width, Math.floor(pixel / width)];
    const targets: Record<string, readonly [number, number]> = {
      ArrowLeft: [Math.max(0, column - 1), row],
      ArrowRight: [Math.min(width - 1, column + 1), row],
      ArrowUp: [column, Math.max(0, row - 1)],
      ArrowDown: [column, Math.min(height - 1, row + 1)],
      Home: [0, 0],
      End: [width - 1, height - 1],
    };
    const target = targets[event.key];
    if (!target) return;
    event.preventDefault();
    this.#speak = true;
    this.choose(target[1] * width + target[0]);
  }
}

/** The formula with its numbers; `data-value` has all their digits. */
function arithmeticOf(x: number, channel: Channel, y: number): string {
  const { mean, variance, epsilon, gamma, beta } = channel;
  const number = (name: string, value: number, text = exact(value)) => {
    const wrapped = text.startsWith('−') && name !== 'y' ? `(${text})` : text;
    return `<mn data-number="${name}" data-value="${value}">${wrapped}</mn>`;
  };
  const numbers = batchNorm({
    x: number('x', x),
    mean: number('mean', mean),
    variance: number('variance', variance),
    epsilon: number('epsilon', epsilon, String(epsilon)),
    gamma: number('gamma', gamma),
    beta: number('beta', beta),
  });
  return `<math>${formulas['batch-norm']}</math> <math><mo>=</mo>${numbers}</math> <math><mo>=</mo>${number('y', y)}</math>`;
}
