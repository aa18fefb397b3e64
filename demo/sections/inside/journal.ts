import { imageElements } from './layers';
import { type Row, Rows } from './rows';
import type { Snapshot } from './snapshot';

/** A place to come back to. */
export interface Bookmark {
  readonly step: number;
  readonly rows: Rows;
  readonly divergedAt: Journal['divergedAt'];
}

/** What was seen of two networks while they trained, step by step. */
export class Journal {
  step = 0;
  rows: Rows;
  /** Oldest first; among them one for each row. */
  readonly snapshots: Snapshot[] = [];
  /** With batch norm, without: the step whose loss was no longer a number. */
  divergedAt: readonly (number | undefined)[] = [undefined, undefined];

  /** `images`: how many the networks are watched on. `capacity`: most rows that are kept. */
  constructor(
    private readonly images: number,
    capacity: number,
  ) {
    this.rows = new Rows(capacity);
  }

  /** Whether neither network can go on. */
  get over(): boolean {
    return this.divergedAt.every((step) => step !== undefined);
  }

  /** How many numbers a track has at each step. */
  elementsOf(track: number): number {
    return this.images * imageElements(track);
  }

  /** The losses of the steps after this one, of each network. */
  addSteps(count: number, losses: readonly (readonly number[])[]): void {
    this.divergedAt = this.divergedAt.map((known, lane) => {
      const bad = losses[lane].findIndex((loss) => !Number.isFinite(loss));
      return known ?? (bad < 0 ? undefined : this.step + bad + 1);
    });
    this.step += count;
  }

  /** What is seen at the present step. Gives its row. */
  add(snapshot: Snapshot): Row {
    this.snapshots.push(snapshot);
    return this.rows.add(snapshot.step);
  }

  bookmark(): Bookmark {
    const { step, rows, divergedAt } = this;
    return { step, rows: rows.copy(), divergedAt };
  }

  /** Forgets what came after the bookmark. */
  goBack({ step, rows, divergedAt }: Bookmark): void {
    this.step = step;
    this.rows = rows.copy();
    this.divergedAt = divergedAt;
    this.snapshots.length = this.snapshots.filter((seen) => seen.step <= step).length;
  }
}
