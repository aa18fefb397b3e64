import type { Announcer } from '../../parts/announcer';
import type { Experiment } from './experiment';
import { bins, type Place, places, trackOf, watchedLayers } from './layers';
import { readoutOf } from './readout';
import type { Point } from './ridge-panel';
import { type Row, rowAt } from './rows';

/** Which step and which value are looked at, and how many numbers lie there. */
export class Cursor {
  #experiment?: Experiment;
  /** Undefined: always the newest. */
  #step?: number;
  #bin?: number;
  /** What the pointer is on, for as long as it is. */
  #pointed?: { readonly row?: number; readonly bin: number };
  #reading = false;
  /** What was read last, so that nothing is read twice. */
  #known = '';
  #speak = false;

  constructor(
    private readonly announcer: Announcer,
    private readonly onChange: () => void,
  ) {}

  /** Of another experiment, from its newest step. */
  follow(experiment: Experiment | undefined): void {
    if (experiment === this.#experiment) return;
    this.#experiment = experiment;
    this.#step = undefined;
    this.#pointed = undefined;
    this.#known = '';
  }

  /** Row chosen, row pointed at (or else the chosen one), and bin. */
  get place(): { row: number; pointedRow: number; bin?: number } {
    const rows = this.#rows;
    const row = rowAt(rows, this.#step);
    const pointedRow = Math.min(this.#pointed?.row ?? row, rows.length - 1);
    return { row, pointedRow, bin: this.#pointed?.bin ?? this.#bin };
  }

  /** The last row is followed as the training goes on. */
  choose(row: number): void {
    const rows = this.#rows;
    this.#step = row >= rows.length - 1 ? undefined : rows[Math.max(0, row)]?.step;
    this.onChange();
  }

  point(at: Point | undefined): void {
    this.#pointed = at && {
      row: at.z === undefined ? undefined : this.#rowNear(at.z),
      bin: binAt(at.x),
    };
    this.onChange();
  }

  /** What a key does; whether it does anything. */
  move(key: string): boolean {
    const { row } = this.place;
    const bin = this.#bin ?? 1 + bins / 2;
    const last = this.#rows.length - 1;
    const moves: Record<string, () => void> = {
      ArrowLeft: () => this.#mark(bin - 1),
      ArrowRight: () => this.#mark(bin + 1),
      ArrowUp: () => this.choose(Math.max(0, row - 1)),
      ArrowDown: () => this.choose(row + 1),
      Home: () => this.choose(0),
      End: () => this.choose(last),
      Escape: () => this.#mark(undefined),
    };
    if (!Object.hasOwn(moves, key)) return false;
    this.#pointed = undefined;
    moves[key]();
    this.#speak = true;
    return true;
  }

  /** Reads the numbers at the cursor for each picture: a row of each, only when the cursor asks for it. */
  async read(layer: number, show: (place: Place, text: string) => void): Promise<void> {
    const experiment = this.#experiment;
    const { pointedRow, bin } = this.place;
    const row = this.#rows[pointedRow];
    if (!experiment?.histories || !row || this.#reading) return;
    const wanted = [row.step, layer, bin].join();
    if (wanted === this.#known) return;
    this.#reading = true;
    try {
      const shown = places.flatMap((place) => {
        const track = trackOf(layer, place);
        return track === undefined ? [] : [{ place, track }];
      });
      const counts = await experiment.histories.read(
        row.slot,
        shown.map(({ track }) => track),
      );
      if (experiment !== this.#experiment) return;
      this.#known = wanted;
      const texts = shown.map(({ place, track }, i) => {
        const text = readoutOf(row.step, bin, counts[i], experiment.journal.elementsOf(track));
        show(place, `${watchedLayers[layer].name} · ${text}`);
        return `${spoken[place]}: ${text}`;
      });
      if (this.#speak) this.announcer.say(`${watchedLayers[layer].name}. ${texts.join('; ')}`);
      this.#speak = false;
    } catch {
      // The experiment or the device has gone meanwhile: whoever works with them tells.
      return;
    } finally {
      this.#reading = false;
    }
    // The cursor may have moved on.
    this.onChange();
  }

  get #rows(): readonly Row[] {
    return this.#experiment?.journal.rows.list ?? [];
  }

  #mark(bin: number | undefined): void {
    this.#bin = bin === undefined ? undefined : Math.min(bins + 1, Math.max(0, bin));
    this.onChange();
  }

  #rowNear(z: number): number {
    const rows = this.#rows;
    const last = rows.at(-1)?.step ?? 0;
    return rowAt(rows, ((z + 1) / 2) * last);
  }
}

const spoken: Record<Place, string> = {
  before: 'with batch norm, before it',
  after: 'behind it',
  plain: 'without',
};

/** From −1 … 1 to the histogram's bins, those outside among them. */
function binAt(x: number): number {
  const bin = 1 + Math.floor(((x + 1) / 2) * bins);
  return Math.min(bins + 1, Math.max(0, bin));
}
