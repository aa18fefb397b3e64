import { part, setText } from '../../parts/dom';
import { type Camera, matrixOf, pick, project } from './camera';
import { range } from './layers';
import type { Picture, Renderer, Surface } from './renderer';

/** A place that is pointed at: value and step, −1 … 1; the step is not known where ridges are seen from the side. */
export interface Point {
  readonly x: number;
  readonly z?: number;
}

export interface PanelActions {
  /** In degrees. */
  turn(right: number, up: number): void;
  zoom(factor: number): void;
  /** Undefined: nothing is pointed at any more. */
  point(at: Point | undefined): void;
  key(event: KeyboardEvent): void;
}

/** Degrees for a pixel that the pointer is dragged. */
const turnSpeed = 0.4;
/** A pointer that moved less than this many pixels has clicked. */
const clickDistance = 4;
const finest = 2;

/** Labels on the floor: their text, and where they are, from the values' and the steps' near edges. */
const valueLabels = [
  { text: `< ${format(range[0])}`, x: -1.09, outside: true },
  { text: format(0.6 * range[0]), x: -0.6 },
  { text: '0', x: 0 },
  { text: format(0.6 * range[1]), x: 0.6 },
  { text: `> ${format(range[1])}`, x: 1.09, outside: true },
];

/** A picture of ridges that is turned by dragging and by keys, and tells what is pointed at. */
export class RidgePanel {
  readonly #stage: HTMLElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #values: HTMLElement[];
  readonly #steps: HTMLElement[];
  #surface?: Surface;
  #renderer?: Renderer;
  #matrix?: ReturnType<typeof matrixOf>;

  constructor(
    private readonly figure: HTMLElement,
    actions: PanelActions,
    onResize: () => void,
  ) {
    figure.innerHTML = `
      <figcaption><h3 data-part="title"></h3><p class="readout" data-part="readout"></p></figcaption>
      <div class="ridge-stage" data-part="stage" tabindex="0" role="group" aria-roledescription="3-D chart">
        <canvas data-part="canvas"></canvas>
      </div>`;
    this.#stage = part(figure, 'stage');
    this.#canvas = part<HTMLCanvasElement>(figure, 'canvas');
    this.#values = valueLabels.map(({ text, outside }) => this.#label(text, outside));
    this.#steps = [this.#label(''), this.#label('')];
    for (const label of this.#steps) label.toggleAttribute('data-step', true);
    this.#listen(actions);
    new ResizeObserver(() => {
      this.#resize();
      onResize();
    }).observe(this.#stage);
  }

  set hidden(hidden: boolean) {
    this.figure.hidden = hidden;
  }

  /** What is shown, in words; `description` for those who do not see it. */
  describe(title: string, description: string): void {
    setText(part(this.figure, 'title'), title);
    this.#stage.setAttribute('aria-label', description);
  }

  read(text: string): void {
    setText(part(this.figure, 'readout'), text);
  }

  draw(
    renderer: Renderer,
    camera: Camera,
    steps: readonly [first: number, last: number],
    picture: Omit<Picture, 'matrix'>,
  ): void {
    const { width, height } = this.#canvas;
    if (this.figure.hidden || !width || !height) return;
    if (this.#renderer !== renderer) {
      this.#surface = renderer.surface(this.#canvas);
      this.#renderer = renderer;
    }
    const matrix = matrixOf(camera, width / height);
    this.#matrix = matrix;
    renderer.draw(this.#surface as Surface, { ...picture, matrix });
    this.#placeLabels(camera, steps);
  }

  /** The renderer is gone, and what it had made with it. */
  release(): void {
    if (this.#surface) this.#renderer?.release(this.#surface);
    this.#surface = undefined;
    this.#renderer = undefined;
  }

  #label(text: string, outside = false): HTMLElement {
    const label = document.createElement('span');
    label.className = 'ridge-label';
    label.toggleAttribute('data-outside', outside);
    label.textContent = text;
    label.ariaHidden = 'true';
    this.#stage.append(label);
    return label;
  }

  #placeLabels({ azimuth, elevation }: Camera, steps: readonly [number, number]): void {
    const near = Math.abs(azimuth) <= 90 ? 1 : -1;
    const right = azimuth > 0 ? -near : near;
    valueLabels.forEach(({ x }, i) => {
      this.#place(this.#values[i], [x, 0, 1.12 * near]);
    });
    steps.forEach((step, i) => {
      const label = this.#steps[i];
      setText(label, i === 0 || steps[1] > 0 ? `step ${step}` : '');
      label.hidden = elevation < 10;
      label.toggleAttribute('data-left', right < 0);
      this.#place(label, [1.18 * right, 0, i ? 0.74 : -0.95]);
    });
  }

  #place(label: HTMLElement, point: [number, number, number]): void {
    if (!this.#matrix) return;
    const [x, y] = project(this.#matrix, point);
    label.style.setProperty('--left', String(Math.min(95, Math.max(5, 50 + 50 * x))));
    label.style.top = `${Math.min(96, Math.max(2, 50 - 50 * y))}%`;
  }

  #resize(): void {
    const scale = Math.min(finest, devicePixelRatio);
    this.#canvas.width = Math.round(this.#stage.clientWidth * scale);
    this.#canvas.height = Math.round(this.#stage.clientHeight * scale);
  }

  #pointAt(event: PointerEvent): Point | undefined {
    if (!this.#matrix) return undefined;
    const { left, top, width, height } = this.#stage.getBoundingClientRect();
    const right = (2 * (event.clientX - left)) / width - 1;
    const up = 1 - (2 * (event.clientY - top)) / height;
    return pick(this.#matrix, right, up);
  }

  #listen(actions: PanelActions): void {
    const stage = this.#stage;
    let held: { x: number; y: number; moved: number } | undefined;
    stage.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      held = { x: event.clientX, y: event.clientY, moved: 0 };
      stage.setPointerCapture(event.pointerId);
    });
    stage.addEventListener('pointermove', (event) => {
      if (!held) return actions.point(this.#pointAt(event));
      const [right, down] = [event.clientX - held.x, event.clientY - held.y];
      held = {
        x: event.clientX,
        y: event.clientY,
        moved: held.moved + Math.abs(right) + Math.abs(down),
      };
      // A finger that moves up or down scrolls the page.
      const up = event.pointerType === 'touch' ? 0 : turnSpeed * down;
      if (held.moved >= clickDistance) actions.turn(turnSpeed * right, up);
    });
    stage.addEventListener('pointerup', (event) => {
      if (held && held.moved < clickDistance) actions.point(this.#pointAt(event));
      held = undefined;
    });
    stage.addEventListener('pointercancel', () => {
      held = undefined;
    });
    stage.addEventListener('pointerleave', ({ pointerType }) => {
      if (pointerType === 'mouse' && !held) actions.point(undefined);
    });
    stage.addEventListener(
      'wheel',
      (event) => {
        // Only while the button is held: else the page scrolls, as anywhere.
        if (!(event.buttons & 1)) return;
        event.preventDefault();
        actions.zoom(Math.exp(-event.deltaY / 500));
      },
      { passive: false },
    );
    stage.addEventListener('keydown', (event) => actions.key(event));
  }
}

function format(value: number): string {
  return String(value).replace('-', '−');
}
