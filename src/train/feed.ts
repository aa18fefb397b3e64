import { DataError } from '../core/errors';
import type { TensorType } from '../ir/graph';
import { formatType } from '../ir/verify';
import type { Network } from '../runtime/network';
import type { Inputs } from '../runtime/program';
import {
  checkSamples,
  epochOrder,
  fieldsOf,
  gather,
  inputsOf,
  isSamples,
  type Samples,
  type Table,
  type TrainingData,
} from './dataset';
import { ROWS, TARGETS, tableName } from './graph';
import { type Loss, targetType } from './losses';

/** One step's data. */
export interface Batch {
  readonly samples: number;
  readonly inputs: Inputs;
  /** The epoch, from 0. */
  readonly epoch: number;
  readonly epochEnd: boolean;
}

/** Where batches come from, and how far they have been taken. */
export interface Feed {
  /** The epoch and the batch within it that come next. */
  readonly epoch: number;
  readonly position: number;
  /** Type of one sample's targets. */
  readonly target: TensorType;
  /** Inputs common to all steps: the tables that steps gather from. */
  readonly shared: Inputs;
  /** Samples in those tables; undefined where each step brings its own numbers. */
  readonly tableRows?: number;
  /** The next batches: one to `most`, of equal size, of one epoch. */
  take(most: number): Promise<readonly Batch[]>;
  dispose(): void;
}

export interface FeedOptions {
  readonly loss: Loss;
  readonly batch: number;
  readonly lastBatch: 'keep' | 'drop';
  readonly shuffle: boolean;
  readonly seed: number;
  /** Where to start. */
  readonly epoch: number;
  readonly position: number;
}

export function openFeed(net: Network, data: TrainingData, options: FeedOptions): Promise<Feed> {
  return isSamples(data) ? TableFeed.open(net, data, options) : BatchFeed.open(net, data, options);
}

function check(net: Network, samples: Samples, loss: Loss, where: string): Table {
  const output = net.model.outputs[0].tensor.shape;
  const type = (numbers: number) => targetType(loss, output, numbers);
  return checkSamples(samples, fieldsOf(net.model), type, output[output.length - 1], where);
}

/** Samples given all at once: on the GPU, where they fit, steps pick them by number. */
class TableFeed implements Feed {
  epoch: number;
  position: number;
  readonly target: TensorType;
  readonly tableRows?: number;
  readonly #batches: number;
  #order?: { readonly epoch: number; readonly rows: Int32Array };

  private constructor(
    private readonly table: Table,
    private readonly options: FeedOptions,
    readonly shared: Readonly<Record<string, GPUBuffer>>,
  ) {
    const { count, targets } = table;
    this.epoch = options.epoch;
    this.position = options.position;
    this.target = targets.type;
    if (Object.keys(shared).length) this.tableRows = count;
    const whole = count / options.batch;
    this.#batches = options.lastBatch === 'drop' ? Math.floor(whole) : Math.ceil(whole);
    if (this.#batches) return;
    throw new DataError({
      where: 'training data',
      rule: `an epoch has a batch of ${options.batch} samples`,
      found: `${count} samples, and lastBatch "drop"`,
    });
  }

  static async open(net: Network, samples: Samples, options: FeedOptions): Promise<TableFeed> {
    const table = check(net, samples, options.loss, 'training data');
    const columns = [
      ...table.inputs.map(({ field, data }) => ({ ...field, data })),
      { name: TARGETS, batched: true, ...table.targets.type, data: table.targets.data },
    ].map(({ name, batched, dtype, shape, data }) => ({
      name: batched ? tableName(name) : name,
      type: { dtype, shape: batched ? [table.count, ...shape] : shape },
      data,
    }));
    const resident = net.backend === 'gpu' && columns.every(({ type }) => net.fits(type));
    const uploads = resident
      ? columns.map(async ({ name, type, data }) => [name, await net.upload(name, type, data)])
      : [];
    return new TableFeed(table, options, Object.fromEntries(await Promise.all(uploads)));
  }

  async take(most: number): Promise<readonly Batch[]> {
    const { table, options, epoch } = this;
    if (this.#order?.epoch !== epoch) {
      const rows = epochOrder(table.count, options.seed, epoch, options.shuffle);
      this.#order = { epoch, rows };
    }
    const taken: Batch[] = [];
    while (taken.length < most) {
      const start = this.position * options.batch;
      const rows = this.#order.rows.slice(start, start + options.batch);
      if (taken.length && rows.length !== taken[0].samples) break;
      this.position++;
      const epochEnd = this.position >= this.#batches;
      taken.push({ samples: rows.length, inputs: this.#inputs(rows), epoch, epochEnd });
      if (!epochEnd) continue;
      this.epoch++;
      this.position = 0;
      break;
    }
    return taken;
  }

  dispose(): void {
    for (const buffer of Object.values(this.shared)) buffer.destroy();
  }

  #inputs(rows: Int32Array): Inputs {
    if (this.tableRows) return { [ROWS]: rows };
    const { targets, count } = this.table;
    return { ...inputsOf(this.table, rows), [TARGETS]: gather(targets.data, count, rows) };
  }
}

/** Batches as the caller makes them; each epoch goes through them from the start. */
class BatchFeed implements Feed {
  epoch: number;
  position = 0;
  readonly shared = {};
  #source?: AsyncIterator<Samples> | Iterator<Samples>;
  #ahead?: Table;
  /** That of the first batch: all others must have it too. */
  #target?: TensorType;

  private constructor(
    private readonly net: Network,
    private readonly data: Exclude<TrainingData, Samples>,
    private readonly options: FeedOptions,
  ) {
    this.epoch = options.epoch;
  }

  static async open(
    net: Network,
    data: Exclude<TrainingData, Samples>,
    options: FeedOptions,
  ): Promise<BatchFeed> {
    const feed = new BatchFeed(net, data, options);
    feed.#ahead = await feed.#next();
    while (feed.position < options.position) {
      feed.#ahead = await feed.#next();
      feed.position++;
      if (!feed.#ahead) throw feed.#empty();
    }
    return feed;
  }

  get target(): TensorType {
    return this.#target as TensorType;
  }

  async take(most: number): Promise<readonly Batch[]> {
    this.#ahead ??= await this.#next();
    const taken: Batch[] = [];
    while (taken.length < most) {
      const table = this.#ahead as Table;
      if (taken.length && table.count !== taken[0].samples) break;
      const { epoch } = this;
      // One ahead, to know which is the last.
      this.#ahead = await this.#next();
      this.position++;
      const epochEnd = !this.#ahead;
      const inputs = table.inputs.map(({ field, data }) => [field.name, data]);
      taken.push({
        samples: table.count,
        inputs: { ...Object.fromEntries(inputs), [TARGETS]: table.targets.data },
        epoch,
        epochEnd,
      });
      if (!epochEnd) continue;
      this.epoch++;
      this.position = 0;
      break;
    }
    return taken;
  }

  dispose(): void {
    void this.#source?.return?.();
    this.#source = undefined;
  }

  async #next(): Promise<Table | undefined> {
    const starts = !this.#source;
    this.#source ??=
      Symbol.asyncIterator in this.data
        ? this.data[Symbol.asyncIterator]()
        : this.data[Symbol.iterator]();
    const { done, value } = await this.#source.next();
    if (!done) {
      const where = `training data, epoch ${this.epoch + 1}, batch ${this.position + (starts ? 1 : 2)}`;
      const table = check(this.net, value, this.options.loss, where);
      const { type } = table.targets;
      this.#target ??= type;
      if (formatType(type) === formatType(this.#target)) return table;
      throw new DataError({
        where,
        rule: `targets are ${formatType(this.#target)} a sample, as in the first batch`,
        found: formatType(type),
      });
    }
    this.#source = undefined;
    if (starts) throw this.#empty();
    return undefined;
  }

  #empty(): DataError {
    return new DataError({
      where: `training data, epoch ${this.epoch + 1}`,
      rule: 'the batches can be gone through from the start in each epoch, and there is one',
      found: `${this.position} batches`,
      remedy: 'Give an object whose [Symbol.asyncIterator]() starts anew, not a generator.',
    });
  }
}
