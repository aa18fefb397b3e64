/** Points kept for a chart: beyond this, neighbours are averaged. */
const capacity = 4096;

/**
 * Curves that share their x. It never holds more than `capacity` points: when full, each two become
 * one, so that an hour of training draws as fast as a minute.
 */
export class History {
  readonly x: number[] = [];
  readonly series: (number | null)[][];
  /** How many points given to `push` one kept point stands for. */
  #stride = 1;
  #waiting: { x: number; values: readonly (number | null)[] }[] = [];

  constructor(readonly count: number) {
    this.series = Array.from({ length: count }, () => []);
  }

  get length(): number {
    return this.x.length;
  }

  /** Null: the curve has no point there. */
  push(x: number, values: readonly (number | null)[]): void {
    this.#waiting.push({ x, values });
    if (this.#waiting.length < this.#stride) return;
    const group = this.#waiting;
    this.#waiting = [];
    this.x.push(group[group.length - 1].x);
    this.series.forEach((kept, i) => {
      kept.push(meanOf(group.map(({ values: point }) => point[i])));
    });
    if (this.x.length > capacity) this.#halve();
  }

  /** Forgets all points after `x`. */
  cut(x: number): void {
    this.#waiting = this.#waiting.filter((point) => point.x <= x);
    const kept = this.x.filter((at) => at <= x).length;
    for (const values of [this.x, ...this.series]) values.length = kept;
  }

  #halve(): void {
    this.#stride *= 2;
    const pairs = Math.ceil(this.x.length / 2);
    // The first point stays as it is: it shows where training began.
    for (let i = 1; i < pairs; i++) {
      this.x[i] = this.x[2 * i];
      for (const kept of this.series) kept[i] = meanOf([kept[2 * i - 1], kept[2 * i]]);
    }
    for (const kept of [this.x, ...this.series]) kept.length = pairs;
  }
}

function meanOf(values: readonly (number | null)[]): number | null {
  const numbers = values.filter((value) => value !== null);
  return numbers.length ? numbers.reduce((sum, value) => sum + value, 0) / numbers.length : null;
}
