import { type Checkpoint, isDue } from '../../parts/checkpoint';
import { Histories, type Source } from './histories';
import { type Bookmark, Journal } from './journal';
import { tracks } from './layers';
import { snapshotOf } from './snapshot';
import { type Compiling, createTwins, type Twin, type TwinOptions } from './twin';

export interface ExperimentOptions extends TwinOptions {
  /** Most rows that are kept. */
  readonly capacity: number;
}

/** What is known at a checkpoint: the journal's place, and a copy of the histograms. */
interface Known {
  readonly bookmark: Bookmark;
  readonly counts: Float32Array<ArrayBuffer>;
}

/** What there is of it on a device. */
interface Running {
  readonly twins: readonly [Twin, Twin];
  readonly histories: Histories;
  readonly sources: readonly Source[];
}

/** Two networks in lockstep, with and without batch norm, and what moves inside them. */
export class Experiment {
  readonly journal: Journal;
  #running?: Running;
  #checkpoint?: Checkpoint<Known>;

  constructor(private readonly options: ExperimentOptions) {
    this.journal = new Journal(options.probe.count, options.capacity);
  }

  /** Makes the networks run on a device, from the start or from where they were last copied. */
  async start(device: GPUDevice, compiling: Compiling): Promise<Histories> {
    const { journal, options } = this;
    const checkpoint = this.#checkpoint;
    if (checkpoint) journal.goBack(checkpoint.known.bookmark);
    const twins = await createTwins(device, options, checkpoint?.states ?? [], compiling);
    const histories = new Histories(device, tracks.length, options.capacity);
    const sources = tracks.map(({ place, source }) => ({
      program: twins[place === 'plain' ? 1 : 0].watcher,
      output: `${source}/histogram`,
    }));
    this.#running = { twins, histories, sources };
    if (checkpoint) histories.fill(checkpoint.known.counts);
    else await this.#look(this.#running);
    return histories;
  }

  /** The step that a new device would go on from; undefined where it would have to start. */
  get checkpoint(): number | undefined {
    return this.#checkpoint?.step;
  }

  /** Where its histograms are, as long as it runs. */
  get histories(): Histories | undefined {
    return this.#running?.histories;
  }

  /** At most `count` steps, up to the next look inside; says how many it took. */
  async advance(count: number, rate: number): Promise<number> {
    const { journal } = this;
    const running = this.#running;
    if (!running) return 0;
    const until = journal.rows.next(journal.step);
    const steps = Math.min(count, until - journal.step);
    const losses = await Promise.all(
      running.twins.map((twin, lane) =>
        journal.divergedAt[lane] === undefined ? twin.train(steps, rate) : [],
      ),
    );
    journal.addSteps(steps, losses);
    if (journal.step >= until) await this.#look(running);
    return steps;
  }

  async dispose(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    running?.histories.dispose();
    await Promise.all(running?.twins.map((twin) => twin.dispose()) ?? []);
  }

  /** Looks into both networks, and now and then remembers where they are. */
  async #look({ twins, histories, sources }: Running): Promise<void> {
    const { journal } = this;
    const { step } = journal;
    const [normalised, plain] = await Promise.all(twins.map((twin) => twin.look()));
    const { slot } = journal.add(snapshotOf(step, [normalised, plain]));
    histories.keep(slot, sources);
    if (!isDue(step, this.#checkpoint)) return;
    const [counts, ...states] = await Promise.all([
      histories.copy(),
      ...twins.map((twin) => twin.state()),
    ]);
    this.#checkpoint = { step, states, known: { bookmark: journal.bookmark(), counts } };
  }
}
