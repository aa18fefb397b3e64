import './board.css';
import { darkMode } from './dom';
import { boardSize, type Drawing, hasRoom, type Stroke, strokeLines } from './drawing';

export interface BoardActions {
  /** The drawing has changed; `done`: a stroke has ended, or one was taken back. */
  change(drawing: Drawing, done: boolean): void;
  say(message: string): void;
}

/** How far an arrow key moves the pen; with Shift, a third of it. */
const stride = 6;
/** Points closer than this to the last one say nothing new. */
const nearest = 2;
/** Of a line, as a share of the board's side. */
const lineWidth = 0.09;

type Point = readonly [number, number];

/**
 * A board to draw on, by pointer or by keyboard: arrow keys move the pen, Space or Enter puts it down and
 * lifts it.
 */
export class Board {
  #strokes: Stroke[] = [];
  /** The stroke under way. */
  #stroke?: Point[];
  #pointer?: number;
  /** Where the keyboard's pen is; undefined while the board is not in focus. */
  #pen?: Point;
  #lastPen: Point = [Math.round(boardSize / 3), Math.round(boardSize / 4)];

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly actions: BoardActions,
  ) {
    canvas.classList.add('board');
    canvas.tabIndex = 0;
    canvas.setAttribute('role', 'application');
    canvas.setAttribute('aria-roledescription', 'drawing board');
    canvas.addEventListener('pointerdown', (event) => this.#down(event));
    canvas.addEventListener('pointermove', (event) => this.#move(event));
    canvas.addEventListener('pointerup', ({ pointerId }) => this.#up(pointerId));
    canvas.addEventListener('pointercancel', ({ pointerId }) => this.#cancel(pointerId));
    canvas.addEventListener('keydown', (event) => this.#onKey(event));
    canvas.addEventListener('focus', () => {
      if (!canvas.matches(':focus-visible')) return;
      this.#pen = this.#lastPen;
      this.#draw();
    });
    canvas.addEventListener('blur', () => {
      this.#lift();
      this.#pen = undefined;
      this.#draw();
    });
    new ResizeObserver(() => this.#draw()).observe(canvas);
    darkMode.addEventListener('change', () => this.#draw());
  }

  get drawing(): Drawing {
    return this.#stroke ? [...this.#strokes, this.#stroke] : this.#strokes;
  }

  set drawing(drawing: Drawing) {
    this.#strokes = [...drawing];
    this.#stroke = undefined;
    this.#draw();
  }

  undo(): void {
    this.#stroke = undefined;
    this.#strokes.pop();
    this.#changed(true);
  }

  clear(): void {
    this.drawing = [];
    this.#changed(true);
  }

  #down(event: PointerEvent): void {
    if (event.button !== 0 || this.#pointer !== undefined) return;
    this.#pointer = event.pointerId;
    this.canvas.setPointerCapture(event.pointerId);
    this.#lift();
    this.#pen = undefined;
    this.#begin(this.#place(event));
  }

  #move(event: PointerEvent): void {
    if (event.pointerId !== this.#pointer || !this.#stroke) return;
    const all = event.getCoalescedEvents?.() ?? [];
    for (const each of all.length ? all : [event]) this.#add(this.#place(each));
    this.#changed(false);
  }

  #up(pointer: number): void {
    if (pointer !== this.#pointer) return;
    this.#pointer = undefined;
    this.#lift();
  }

  /** Two fingers scroll the page: what the first of them drew was not meant. */
  #cancel(pointer: number): void {
    if (pointer !== this.#pointer) return;
    this.#pointer = undefined;
    this.#stroke = undefined;
    this.#changed(true);
  }

  #place({ clientX, clientY }: MouseEvent): Point {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    return inside((boardSize * (clientX - left)) / width, (boardSize * (clientY - top)) / height);
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const moves: Record<string, Point> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    };
    const move = moves[event.key];
    if (move) {
      const far = event.shiftKey ? stride / 3 : stride;
      const [x, y] = this.#pen ?? this.#lastPen;
      this.#pen = inside(x + far * move[0], y + far * move[1]);
      this.#lastPen = this.#pen;
      if (this.#stroke) {
        this.#add(this.#pen);
        this.#changed(false);
      } else this.#draw();
    } else if (event.key === ' ' || event.key === 'Enter') {
      if (!event.repeat) this.#putOrLift();
    } else if (event.key === 'Backspace') this.undo();
    else if (event.key === 'Delete') this.clear();
    else return;
    event.preventDefault();
  }

  #putOrLift(): void {
    this.#pen ??= this.#lastPen;
    if (this.#stroke) {
      this.#lift();
      this.actions.say('Pen up');
    } else {
      this.#begin(this.#pen);
      this.actions.say('Pen down');
    }
  }

  #begin(point: Point): void {
    this.#stroke = [point];
    this.#changed(false);
  }

  #add(point: Point): void {
    const stroke = this.#stroke as Point[];
    const [x, y] = stroke[stroke.length - 1];
    if (Math.hypot(point[0] - x, point[1] - y) < nearest || !hasRoom(this.drawing)) return;
    stroke.push(point);
  }

  #lift(): void {
    if (!this.#stroke) return;
    this.#strokes.push(this.#stroke);
    this.#stroke = undefined;
    this.#changed(true);
  }

  #changed(done: boolean): void {
    this.#draw();
    this.actions.change(this.drawing, done);
  }

  #draw(): void {
    const { canvas } = this;
    const side = Math.round(canvas.clientWidth * devicePixelRatio);
    const context = canvas.getContext('2d');
    if (!side || !context) return;
    canvas.width = canvas.height = side;
    const style = getComputedStyle(canvas);
    const unit = side / boardSize;
    // Points are in the middle of their units.
    context.setTransform(unit, 0, 0, unit, unit / 2, unit / 2);
    context.lineWidth = lineWidth * boardSize;
    context.strokeStyle = style.color;
    strokeLines(context, this.drawing);
    if (!this.drawing.length && !this.#pen) {
      context.fillStyle = style.getPropertyValue('--muted');
      context.font = `10px ${style.fontFamily}`;
      context.textAlign = 'center';
      context.fillText('draw here', boardSize / 2, boardSize / 2);
    }
    if (this.#pen) this.#drawPen(context, this.#pen, style.getPropertyValue('--accent'));
  }

  #drawPen(context: CanvasRenderingContext2D, pen: Point, color: string): void {
    context.lineWidth = 1.5;
    context.strokeStyle = color;
    context.beginPath();
    context.arc(...pen, 5, 0, 2 * Math.PI);
    context.stroke();
    if (!this.#stroke) return;
    context.fillStyle = color;
    context.fill();
  }
}

function inside(x: number, y: number): Point {
  const clamp = (value: number) => Math.min(boardSize - 1, Math.max(0, Math.floor(value)));
  return [clamp(x), clamp(y)];
}
