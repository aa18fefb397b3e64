import type { Picture } from './pictures';

/** Of a line, as a share of the pad's side. */
const lineWidth = 0.075;
/** How much of the picture's side the drawing fills, as in MNIST: 20 of 28 pixels. */
const filled = 20 / 28;
/** How far an arrow key moves the pen, in pixels of the pad. */
const stride = 14;

/** A pad to draw a digit on, white on black, by pointer or with the arrow keys and space. */
export class Pad {
  readonly #context: CanvasRenderingContext2D;
  #pointer?: number;
  #pen = { x: 100, y: 70 };
  #down = false;
  #box = { left: Number.POSITIVE_INFINITY, top: Number.POSITIVE_INFINITY, right: 0, bottom: 0 };

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly onChange: (done: boolean) => void,
  ) {
    this.#context = canvas.getContext('2d') as CanvasRenderingContext2D;
    this.clear();
    canvas.addEventListener('pointerdown', (event) => {
      if (event.button !== 0 || this.#pointer !== undefined) return;
      this.#pointer = event.pointerId;
      canvas.setPointerCapture(event.pointerId);
      this.#pen = this.#place(event);
      this.#lineTo(this.#pen);
    });
    canvas.addEventListener('pointermove', (event) => {
      if (event.pointerId !== this.#pointer) return;
      this.#lineTo(this.#place(event));
      onChange(false);
    });
    for (const end of ['pointerup', 'pointercancel'] as const) {
      canvas.addEventListener(end, ({ pointerId }) => {
        if (pointerId !== this.#pointer) return;
        this.#pointer = undefined;
        onChange(true);
      });
    }
    canvas.addEventListener('keydown', (event) => this.#onKey(event));
  }

  get empty(): boolean {
    return this.#box.right < this.#box.left;
  }

  clear(): void {
    const { width, height } = this.canvas;
    this.#context.fillStyle = '#000';
    this.#context.fillRect(0, 0, width, height);
    this.#box = {
      left: Number.POSITIVE_INFINITY,
      top: Number.POSITIVE_INFINITY,
      right: 0,
      bottom: 0,
    };
    this.#down = false;
  }

  /** The drawing in the middle, as large as digits of MNIST are. */
  picture(): Picture {
    const { width: side } = this.canvas;
    const { left, top, right, bottom } = this.#box;
    const extent = Math.max(right - left, bottom - top, side / 4) / filled;
    const [x, y] = [(left + right) / 2, (top + bottom) / 2];
    const centred = new OffscreenCanvas(side, side);
    const context = centred.getContext('2d') as OffscreenCanvasRenderingContext2D;
    context.fillRect(0, 0, side, side);
    if (!this.empty) {
      const scale = side / extent;
      context.drawImage(
        this.canvas,
        side / 2 - x * scale,
        side / 2 - y * scale,
        side * scale,
        side * scale,
      );
    }
    return { image: centred, width: side, height: side };
  }

  #place({ clientX, clientY }: PointerEvent) {
    const { left, top, width } = this.canvas.getBoundingClientRect();
    const scale = this.canvas.width / width;
    return { x: (clientX - left) * scale, y: (clientY - top) * scale };
  }

  #lineTo(to: { x: number; y: number }): void {
    const context = this.#context;
    const half = (lineWidth * this.canvas.width) / 2;
    context.strokeStyle = '#fff';
    context.lineWidth = 2 * half;
    context.lineCap = 'round';
    context.beginPath();
    context.moveTo(this.#pen.x, this.#pen.y);
    context.lineTo(to.x, to.y);
    context.stroke();
    const box = this.#box;
    for (const { x, y } of [this.#pen, to]) {
      this.#box.left = Math.min(box.left, x - half);
      this.#box.top = Math.min(box.top, y - half);
      this.#box.right = Math.max(box.right, x + half);
      this.#box.bottom = Math.max(box.bottom, y + half);
    }
    this.#pen = to;
  }

  #onKey(event: KeyboardEvent): void {
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [-stride, 0],
      ArrowRight: [stride, 0],
      ArrowUp: [0, -stride],
      ArrowDown: [0, stride],
    };
    const move = Object.hasOwn(moves, event.key) ? moves[event.key] : undefined;
    if (event.key === ' ' || event.key === 'Enter') {
      this.#down = !this.#down;
      if (this.#down) this.#lineTo(this.#pen);
    } else if (move) {
      const within = (value: number) => Math.min(this.canvas.width, Math.max(0, value));
      const to = { x: within(this.#pen.x + move[0]), y: within(this.#pen.y + move[1]) };
      if (this.#down) this.#lineTo(to);
      else this.#pen = to;
    } else return;
    event.preventDefault();
    this.onChange(!this.#down);
  }
}
