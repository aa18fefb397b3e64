import {
  knownOptions,
  nonNegative,
  nonNegativeInteger,
  oneOf,
  positive,
  positiveInteger,
} from '../core/check';
import { StateError } from '../core/errors';
import { checkNetwork, type Network } from '../runtime/network';
import type { Outputs } from '../runtime/program';
import type { Samples, TrainingData } from './dataset';
import { type Evaluation, Evaluator, metricsOf } from './evaluate';
import { type Batch, type Feed, openFeed } from './feed';
import type { Metric } from './graph';
import { type Loss, type LossName, resolveLoss } from './losses';
import { adam, type Clip, checkOptimizer, checkRate, type Optimizer, rateAt } from './optimizers';
import { Pace } from './pace';
import type { Schedule } from './schedules';
import { captureState, restoreState, type TrainingState } from './state';
import { Stepper } from './stepper';

export interface FitOptions {
  readonly loss: Loss | LossName;
  /** Default `adam()`. */
  readonly optimizer?: Optimizer;
  /** Times through the data, in all; default 1, or as many as `steps` takes. May be Infinity. */
  readonly epochs?: number;
  /** Steps in all, where training ends before its epochs do. */
  readonly steps?: number;
  /** Samples a step; default 32. Ignored where the data comes in batches. */
  readonly batch?: number;
  /** The last batch of an epoch, where samples are left over: smaller (default), or dropped. */
  readonly lastBatch?: 'keep' | 'drop';
  /** Whether each epoch has an order of its own, drawn from `seed`; default true. */
  readonly shuffle?: boolean;
  /** Default 0, or that of `resume`. */
  readonly seed?: number;
  readonly clip?: Clip;
  /** Default `accuracy` for the cross-entropies, nothing for the others. */
  readonly metrics?: readonly Metric[];
  /** Evaluated after each epoch, or every `validateEvery` steps. */
  readonly validation?: Samples;
  readonly validateEvery?: number;
  /** Steps in one submit. Default: as many as make about 50 ms, measured. Results do not depend on it. */
  readonly stepsPerSubmit?: number;
  /**
   * What a loss that is not finite does. Such a step changes no parameter and no running statistics;
   * `stop` (default) ends the training there, `skip` goes on.
   */
  readonly onDivergence?: 'stop' | 'skip';
  readonly callbacks?: Callbacks;
  /** Stops training before the next submit; what is under way is finished and reported. */
  readonly signal?: AbortSignal;
  /** Where to go on: gives the same bits as if training had not been interrupted. */
  readonly resume?: TrainingState;
  /** Called after each pipeline that is compiled: how many are, of how many. */
  readonly compiling?: (done: number, total: number) => void;
}

export interface Callbacks {
  /** After each step. */
  readonly step?: (progress: Progress) => void | Promise<void>;
  /** After the last step of each epoch, with the validation. */
  readonly epoch?: (progress: Progress) => void | Promise<void>;
}

/** What one step did. */
export interface Progress {
  /** Steps done, this one included. */
  readonly step: number;
  /** The epoch, from 1. */
  readonly epoch: number;
  /** Of this step's batch, before its update. */
  readonly loss: number;
  readonly metrics: Readonly<Partial<Record<Metric, number>>>;
  readonly learningRate: number;
  readonly stepsPerSecond: number;
  readonly samplesPerSecond: number;
  /** The loss is not finite. */
  readonly diverged: boolean;
  /** On the last step of an epoch. */
  readonly epochEnd: boolean;
  /** Where there is validation data: after the last step of an epoch, or as often as asked for. */
  readonly validation?: Evaluation;
}

/** How training ended: through all epochs or steps, by the signal, or by a loss that is not finite. */
export interface FitResult {
  readonly outcome: 'finished' | 'stopped' | 'diverged';
  /** Steps done. */
  readonly step: number;
  /** What the last step reported; undefined where there was none. */
  readonly last?: Progress;
}

const NAMES: Readonly<Record<keyof FitOptions, true>> = {
  loss: true,
  optimizer: true,
  epochs: true,
  steps: true,
  batch: true,
  lastBatch: true,
  shuffle: true,
  seed: true,
  clip: true,
  metrics: true,
  validation: true,
  validateEvery: true,
  stepsPerSubmit: true,
  onDivergence: true,
  callbacks: true,
  signal: true,
  resume: true,
  compiling: true,
};

/** Submits under way at a time: one is computed while another is read back. */
const IN_FLIGHT = 2;

/** The training that each network is in. */
const current = new WeakMap<Network, Training>();

/**
 * Trains `net` on `data`. Nothing happens before the result is iterated, or run to its end:
 *
 *     for await (const { step, loss } of fit(net, { x, y }, { loss: 'crossEntropy' })) …
 *     await fit(net, { x, y }, { loss: 'crossEntropy', epochs: 3 }).run();
 *
 * Samples given all at once are kept on the GPU where they fit. A network is in one training at a
 * time: one that starts ends the one before, as stopped. Throws an ArgumentError for options that it
 * does not know or that are out of range; data that does not fit the model is reported when training
 * starts.
 */
export function fit(net: Network, data: TrainingData, options: FitOptions): Training {
  return new Training(net, data, options);
}

/** A submit under way. */
interface Flight {
  readonly batches: readonly Batch[];
  readonly rates: readonly number[];
  /** Number of the first step, from 1. */
  readonly first: number;
  readonly launched: number;
  readonly outputs: Promise<Outputs[]>;
}

interface Ready {
  readonly feed: Feed;
  readonly stepper: Stepper;
  readonly evaluator?: Evaluator;
}

/** A training that can be gone through, left, looked at, changed, and gone on with. */
export class Training implements AsyncIterable<Progress> {
  readonly #loss: Loss;
  readonly #metrics: readonly Metric[];
  readonly #optimizer: Optimizer;
  readonly #epochs: number;
  readonly #steps: number;
  readonly #pace: Pace;
  #rate: number | Schedule;
  #step: number;
  #last?: Progress;
  #outcome?: FitResult['outcome'];
  /** Where `advance` stops. */
  #until = Number.POSITIVE_INFINITY;
  #running = false;
  #forgotten = false;
  #launching?: Promise<Flight>;
  #ready?: Promise<Ready>;

  /** @internal Use {@link fit}. */
  constructor(
    readonly network: Network,
    readonly data: TrainingData,
    private readonly options: FitOptions,
  ) {
    const where = 'fit';
    checkNetwork(network, where);
    knownOptions(options, Object.keys(NAMES), where);
    const { steps, epochs, resume, clip, optimizer = adam() } = options;
    this.#loss = resolveLoss(options.loss, where);
    this.#metrics = metricsOf(this.#loss, options.metrics, where);
    this.#optimizer = checkOptimizer(optimizer, where);
    this.#rate = resume?.learningRate ?? optimizer.learningRate;
    this.#step = resume?.step ?? 0;
    const forever = Number.POSITIVE_INFINITY;
    const count = (value: number, name: string) =>
      value === forever ? forever : nonNegativeInteger(value, where, name);
    this.#steps = count(steps ?? forever, 'steps');
    this.#epochs = count(epochs ?? (steps === undefined ? 1 : forever), 'epochs');
    positiveInteger(options.batch ?? 32, where, 'batch');
    positiveInteger(options.validateEvery ?? 1, where, 'validateEvery');
    nonNegativeInteger(options.seed ?? 0, where, 'seed');
    oneOf(options.lastBatch ?? 'keep', ['keep', 'drop'], where, 'lastBatch');
    oneOf(options.onDivergence ?? 'stop', ['stop', 'skip'], where, 'onDivergence');
    if (clip?.norm !== undefined) positive(clip.norm, where, 'clip.norm');
    if (clip?.value !== undefined) nonNegative(clip.value, where, 'clip.value');
    this.#pace = new Pace(options.stepsPerSubmit);
    if (resume) checkResumed(options, resume);
  }

  /** Steps submitted so far. */
  get step(): number {
    return this.#step;
  }

  /** What the next step will use. Assign a number or a schedule to change it, also under way. */
  get learningRate(): number {
    return rateAt(this.#rate, this.#step);
  }

  set learningRate(rate: number | Schedule) {
    checkRate(rate, 'fit');
    this.#rate = rate;
  }

  /** How it ended; undefined as long as it can go on. */
  get result(): FitResult | undefined {
    const outcome = this.#outcome;
    return outcome && { outcome, step: this.#step, ...(this.#last && { last: this.#last }) };
  }

  /** Trains to the end. */
  async run(): Promise<FitResult> {
    const steps = this[Symbol.asyncIterator]();
    while (!(await steps.next()).done);
    return this.result as FitResult;
  }

  /**
   * Takes exactly `steps` steps more, or fewer where training ends before; what each of them did.
   * Training can go on afterwards.
   */
  async advance(steps: number): Promise<Progress[]> {
    this.#checkIdle();
    this.#until = this.#step + positiveInteger(steps, 'fit', 'steps');
    const reports: Progress[] = [];
    try {
      for await (const report of this) reports.push(report);
    } finally {
      this.#until = Number.POSITIVE_INFINITY;
    }
    return reports;
  }

  /**
   * Goes on from where training stands. Leaving the loop stops it after the submits under way; a
   * later loop goes on from there.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Progress, void, undefined> {
    this.#checkIdle();
    this.#running = true;
    const flights: Flight[] = [];
    try {
      const ready = await this.#prepare();
      for (;;) {
        if (this.#mayLaunch(ready, flights)) {
          this.#launching = this.#launch(ready);
          flights.push(await this.#launching);
          continue;
        }
        const flight = flights.shift();
        if (!flight) break;
        for (const report of await this.#settle(flight, ready)) {
          this.#last = report;
          if (report.diverged && this.options.onDivergence !== 'skip') this.#outcome = 'diverged';
          await this.options.callbacks?.step?.(report);
          if (report.epochEnd) await this.options.callbacks?.epoch?.(report);
          yield report;
          if (this.#outcome) return;
        }
      }
      if (this.#done(ready)) this.#outcome ??= 'finished';
      else if (this.options.signal?.aborted) this.#outcome ??= 'stopped';
    } finally {
      await Promise.allSettled(flights.map(({ outputs }) => outputs));
      this.#running = false;
      if (this.#outcome) await this.#release();
    }
  }

  /**
   * All that is needed to go on later, also in another process: see `resume`. It stands after the
   * steps submitted so far, which may be some more than were reported.
   */
  async state(): Promise<TrainingState> {
    const { feed, stepper } = await this.#prepare();
    // Between taking a batch and submitting it the state would be neither here nor there.
    for (let seen: unknown; seen !== this.#launching; ) {
      seen = this.#launching;
      await this.#launching?.catch(() => {});
    }
    this.#checkCurrent();
    const set = this.#rate !== this.#optimizer.learningRate && typeof this.#rate === 'number';
    return captureState(this.network, stepper.slots, {
      step: this.#step,
      epoch: feed.epoch,
      position: feed.position,
      seed: this.#seed,
      batch: this.#batch,
      ...(set && { learningRate: this.#rate as number }),
    });
  }

  /**
   * Gives back the training's programs, its data and what the optimiser remembers. The network stays
   * as it is. A training that has ended keeps only the last, for `state()`.
   */
  async dispose(): Promise<void> {
    this.#outcome ??= 'stopped';
    await this.#release();
    if (this.#forgotten) return;
    this.#forgotten = true;
    const ready = await this.#ready?.catch(() => undefined);
    ready?.stepper.forget();
    if (current.get(this.network) === this) current.delete(this.network);
  }

  get #seed(): number {
    return this.options.resume?.seed ?? this.options.seed ?? 0;
  }

  get #batch(): number {
    return this.options.resume?.batch ?? this.options.batch ?? 32;
  }

  #prepare(): Promise<Ready> {
    this.#ready ??= this.#open();
    return this.#ready;
  }

  async #open(): Promise<Ready> {
    const { network, options } = this;
    network.checkAlive();
    const before = current.get(network);
    current.set(network, this);
    await before?.dispose();
    const feed = await openFeed(network, this.data, {
      loss: this.#loss,
      batch: this.#batch,
      lastBatch: options.lastBatch ?? 'keep',
      shuffle: options.shuffle ?? true,
      seed: this.#seed,
      epoch: options.resume?.epoch ?? 0,
      position: options.resume?.position ?? 0,
    });
    const recipe = {
      loss: this.#loss,
      metrics: this.#metrics,
      optimizer: this.#optimizer,
      clip: options.clip,
    };
    const stepper = new Stepper(network, feed, recipe, options.compiling);
    if (options.resume) restoreState(network, stepper.slots, options.resume);
    if (!options.validation) return { feed, stepper };
    const how = { loss: this.#loss, metrics: this.#metrics };
    const evaluator = await Evaluator.create(network, options.validation, how, 'validation data');
    return { feed, stepper, evaluator };
  }

  #done({ feed }: Ready): boolean {
    return this.#step >= this.#steps || feed.epoch >= this.#epochs;
  }

  #mayLaunch(ready: Ready, flights: readonly Flight[]): boolean {
    if (this.#outcome || this.options.signal?.aborted || this.#done(ready)) return false;
    if (this.#step >= this.#until) return false;
    // What the next steps change must wait until these are validated.
    const last = flights.at(-1);
    if (ready.evaluator && last && this.#validates(last)) return false;
    return flights.length < (this.network.backend === 'gpu' ? IN_FLIGHT : 1);
  }

  /** Whether validation follows a submit's last step. */
  #validates({ first, batches }: Flight): boolean {
    const every = this.options.validateEvery;
    const step = first + batches.length - 1;
    return every === undefined ? (batches.at(-1)?.epochEnd ?? false) : step % every === 0;
  }

  async #launch({ feed, stepper }: Ready): Promise<Flight> {
    this.#checkCurrent();
    const { validateEvery: every = Number.POSITIVE_INFINITY } = this.options;
    const untilValidation = every - (this.#step % every);
    const left = Math.min(this.#steps, this.#until) - this.#step;
    const most = Math.min(this.#pace.steps, left, untilValidation);
    const batches = await feed.take(most);
    const program = await stepper.program(batches[0].samples);
    this.#checkCurrent();
    const rates = batches.map((_, i) => rateAt(this.#rate, this.#step + i));
    const first = this.#step + 1;
    this.#step += batches.length;
    const launched = performance.now();
    const outputs = stepper.launch(program, batches, rates);
    // Awaited in its turn; until then a failure must not count as unhandled.
    outputs.catch(() => {});
    return { batches, rates, first, launched, outputs };
  }

  async #settle(flight: Flight, { evaluator }: Ready): Promise<Progress[]> {
    const { batches, rates, first, launched } = flight;
    const outputs = await flight.outputs;
    const samples = batches.reduce((sum, batch) => sum + batch.samples, 0);
    const speed = this.#pace.settled(batches.length, samples, launched);
    // The CPU backend never waits for anything: let timers and events have their turn.
    if (this.network.backend === 'cpu') await new Promise((resolve) => setTimeout(resolve));
    const reports = outputs.map((output, i): Progress => {
      const metrics = this.#metrics.map((name) => [name, output[name][0]]);
      return {
        step: first + i,
        epoch: batches[i].epoch + 1,
        loss: output.loss[0],
        metrics: Object.fromEntries(metrics),
        learningRate: rates[i],
        ...speed,
        diverged: !Number.isFinite(output.loss[0]),
        epochEnd: batches[i].epochEnd,
      };
    });
    if (!evaluator || !this.#validates(flight)) return reports;
    const last = reports[reports.length - 1];
    return [...reports.slice(0, -1), { ...last, validation: await evaluator.run() }];
  }

  #checkIdle(): void {
    if (!this.#running) return;
    throw new StateError({ where: 'fit', rule: 'one loop at a time goes through a training' });
  }

  #checkCurrent(): void {
    this.network.checkAlive();
    if (current.get(this.network) === this) return;
    throw new StateError({
      where: 'fit',
      rule: 'a network is in one training at a time',
      found: 'another one that began later, or this one disposed of',
      remedy: 'Finish this one first, or save its state() and resume.',
    });
  }

  /** Programs and data go; the slots stay, so that `state()` still answers. */
  async #release(): Promise<void> {
    const ready = await this.#ready?.catch(() => undefined);
    ready?.stepper.dispose();
    ready?.evaluator?.dispose();
    ready?.feed.dispose();
  }
}

function checkResumed(options: FitOptions, resume: TrainingState): void {
  for (const name of ['seed', 'batch'] as const) {
    if (options[name] === undefined || options[name] === resume[name]) continue;
    throw new StateError({
      where: 'fit',
      rule: `${name} is that of the training it resumes, ${resume[name]}`,
      found: String(options[name]),
      remedy: `Leave ${name} out.`,
    });
  }
}
