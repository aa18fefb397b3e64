import { darkMode } from '../../parts/dom';
import type { Vehicles } from './data';

/** Prices beyond this, in thousands of euros, are drawn at the edge. */
const highest = 36;
const tickEvery = 10;

interface Points {
  readonly cars: Vehicles;
  /** None: they have not joined. */
  readonly bikes?: Vehicles;
  /** Of cars, and then of motorbikes. */
  readonly predictions: Float32Array;
}

/** Predicted against true prices: cars as dots, motorbikes as crosses. */
export class Scatter {
  #points?: Points;

  constructor(private readonly canvas: HTMLCanvasElement) {
    new ResizeObserver(() => this.#draw()).observe(canvas);
    darkMode.addEventListener('change', () => this.#draw());
  }

  show(points: Points | undefined): void {
    this.#points = points;
    this.#draw();
  }

  #draw(): void {
    const { canvas } = this;
    const context = canvas.getContext('2d');
    const { clientWidth: width, clientHeight: height } = canvas;
    if (!context || !width || !height) return;
    canvas.width = Math.round(width * devicePixelRatio);
    canvas.height = Math.round(height * devicePixelRatio);
    context.scale(devicePixelRatio, devicePixelRatio);
    const style = getComputedStyle(canvas);
    const color = (name: string) => style.getPropertyValue(name).trim();
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    const [left, bottom] = [2.2 * rem, 2 * rem];
    const [right, top] = [0.6 * rem, 0.6 * rem];
    const x = (price: number) => left + (price / highest) * (width - left - right);
    const y = (price: number) => height - bottom - (price / highest) * (height - bottom - top);
    context.font = `${0.75 * rem}px ${style.fontFamily}`;
    context.fillStyle = color('--muted');
    context.strokeStyle = color('--grid');
    context.lineWidth = 1;
    for (let price = 0; price < highest; price += tickEvery) {
      line(context, x(price), y(0), x(price), y(highest));
      line(context, x(0), y(price), x(highest), y(price));
      context.textAlign = 'center';
      context.fillText(String(price), x(price), y(0) + 1.1 * rem);
      context.textAlign = 'right';
      context.fillText(String(price), x(0) - 0.4 * rem, y(price) + 0.25 * rem);
    }
    context.textAlign = 'right';
    context.fillText('true price, in thousands of euros', x(highest), height - 0.15 * rem);
    context.textAlign = 'left';
    context.fillText('predicted', x(0) + 0.4 * rem, top + 0.7 * rem);
    context.strokeStyle = color('--muted');
    line(context, x(0), y(0), x(highest), y(highest));
    if (!this.#points) return;
    const { cars, bikes, predictions } = this.#points;
    const edge = (price: number) => Math.min(highest, Math.max(0, price));
    const radius = 0.14 * rem;
    context.fillStyle = color('--bn');
    context.globalAlpha = 0.6;
    cars.prices.forEach((price, i) => {
      context.beginPath();
      context.arc(x(edge(price)), y(edge(predictions[i])), radius, 0, 2 * Math.PI);
      context.fill();
    });
    context.globalAlpha = 0.85;
    context.strokeStyle = color('--plain');
    context.lineWidth = 0.09 * rem;
    const arm = 1.3 * radius;
    bikes?.prices.forEach((price, i) => {
      const [px, py] = [x(edge(price)), y(edge(predictions[cars.count + i]))];
      line(context, px - arm, py - arm, px + arm, py + arm);
      line(context, px - arm, py + arm, px + arm, py - arm);
    });
    context.globalAlpha = 1;
  }
}

function line(
  context: CanvasRenderingContext2D,
  fromX: number,
  fromY: number,
  toX: number,
  toY: number,
): void {
  context.beginPath();
  context.moveTo(fromX, fromY);
  context.lineTo(toX, toY);
  context.stroke();
}
