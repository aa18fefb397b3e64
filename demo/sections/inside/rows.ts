/** A row of the history: which step it shows, and where its numbers are kept. */
export interface Row {
  readonly step: number;
  readonly slot: number;
}

/**
 * Which steps of a training are kept, so that all of it is there in at most `capacity` rows, evenly spaced:
 * every step at first; when the rows are full, every second one of them goes, and from then on twice as
 * many steps lie between two.
 */
export class Rows {
  #rows: Row[] = [];
  #free: number[];
  #stride = 1;

  constructor(readonly capacity: number) {
    this.#free = Array.from({ length: capacity }, (_, i) => capacity - 1 - i);
  }

  /** Oldest first. */
  get list(): readonly Row[] {
    return this.#rows;
  }

  /** The first step after `step` that is to be kept. */
  next(step: number): number {
    return (Math.floor(step / this.#stride) + 1) * this.#stride;
  }

  /** A place for `step`, which is later than all that are kept. */
  add(step: number): Row {
    while (!this.#free.length) this.#thin();
    const row = { step, slot: this.#free.pop() as number };
    this.#rows.push(row);
    return row;
  }

  /** The same rows, which then go their own way. */
  copy(): Rows {
    const copy = new Rows(this.capacity);
    copy.#rows = [...this.#rows];
    copy.#free = [...this.#free];
    copy.#stride = this.#stride;
    return copy;
  }

  #thin(): void {
    this.#stride *= 2;
    const keeps = ({ step }: Row) => step % this.#stride === 0;
    this.#free.push(...this.#rows.filter((row) => !keeps(row)).map(({ slot }) => slot));
    this.#rows = this.#rows.filter(keeps);
  }
}

/** The row that shows `step`, or the one nearest to it; the last where `step` is undefined. */
export function rowAt(rows: readonly Row[], step: number | undefined): number {
  const last = rows.length - 1;
  if (step === undefined) return last;
  const distance = (row: number) => Math.abs(rows[row].step - step);
  return rows.reduce((best, _, row) => (distance(row) < distance(best) ? row : best), last);
}
