import type { TrainingState } from 'webgpu-batchnorm';
import { type Checkpoint, isDue } from '../../parts/checkpoint';
import type { Course, RaceData, Runner } from './runner';
import { type Bookmark, Scores } from './scores';
import type { Variant } from './variants';

const classes = 10;

/** Told how far the training's kernels are compiled. */
type Compiling = (done: number, total: number) => void;

/** Makes a network that runs, at its start or where `resume` says. */
export type MakeRunner = (
  variant: Variant,
  resume: TrainingState | undefined,
  compiling: Compiling,
) => Promise<Runner>;

/** Networks in lockstep: the same seed, the same images in the same order. */
export class Race {
  readonly scores: Scores;
  #runners: readonly (Runner | undefined)[] = [];
  #data?: RaceData;
  #checkpoint?: Checkpoint<Bookmark>;
  #rate = 0;
  #usedRate?: number;

  constructor(
    readonly course: Course,
    variants: readonly Variant[],
  ) {
    this.scores = new Scores(variants);
  }

  /** Makes the networks run, from the start or from where they were last known to be. */
  async start(make: MakeRunner, data: RaceData, compiling: Compiling): Promise<void> {
    const { scores } = this;
    this.#data = data;
    const checkpoint = this.#checkpoint;
    if (checkpoint) scores.goBack(checkpoint.known);
    this.#usedRate = scores.rateChanges.at(-1)?.rate;
    const counts = scores.lanes.map(() => ({ done: 0, total: 0 }));
    const sum = (name: 'done' | 'total') => counts.reduce((all, count) => all + count[name], 0);
    this.#runners = await Promise.all(
      scores.lanes.map(({ variant, divergedAt }, k) => {
        if (divergedAt) return undefined;
        const told: Compiling = (done, total) => {
          counts[k] = { done, total };
          compiling(sum('done'), sum('total'));
        };
        return make(variant, checkpoint?.states[k], told);
      }),
    );
    if (!checkpoint) await this.#evaluate();
  }

  /** The step that a new device would go on from; undefined where it would have to start. */
  get checkpoint(): number | undefined {
    return this.#checkpoint?.step;
  }

  /** How often each network has seen each training image. */
  get passes(): number[] {
    const { scores, course } = this;
    const images = this.#data?.train.count ?? Number.POSITIVE_INFINITY;
    return scores.variants.map(({ batch }) => (scores.step * (batch || course.batch)) / images);
  }

  /** Whether none of the networks can go on. */
  get over(): boolean {
    return this.scores.lanes.every(({ divergedAt }) => divergedAt);
  }

  /** Takes effect with the next step that is not yet under way. */
  setLearningRate(rate: number): void {
    this.#rate = rate;
  }

  /** At most `count` steps, up to the next look at the test digits; says how many it took. */
  async advance(count: number): Promise<number> {
    const { scores } = this;
    const until = nextEvaluation(scores.step);
    const steps = Math.min(count, until - scores.step);
    if (this.#usedRate !== this.#rate) scores.noteRate(this.#rate);
    this.#usedRate = this.#rate;
    const losses = await Promise.all(
      scores.lanes.map(({ variant, divergedAt }, k) =>
        divergedAt ? [] : this.#runners[k]?.train(steps, this.#rate * variant.multiple),
      ),
    );
    for (let i = 0; i < steps; i++) scores.addStep(losses.map((lane) => lane?.[i]));
    if (scores.step >= until) await this.#evaluate();
    return steps;
  }

  /** Lets all read the test digits, and now and then remembers where they are: one wait for both. */
  async #evaluate(): Promise<void> {
    const { scores } = this;
    const { labels } = (this.#data as RaceData).test;
    const alive = scores.lanes.map(({ divergedAt }, k) =>
      divergedAt ? undefined : this.#runners[k],
    );
    const [predictions, states] = await Promise.all([
      Promise.all(alive.map((runner) => runner?.predict())),
      isDue(scores.step, this.#checkpoint) && Promise.all(alive.map((runner) => runner?.state())),
    ]);
    scores.lanes.forEach((lane, k) => {
      lane.predictions = predictions[k];
    });
    scores.addAccuracies(predictions.map((of) => (of ? accuracyOf(of, labels) : Number.NaN)));
    if (states) this.#checkpoint = { step: scores.step, states, known: scores.bookmark() };
  }

  async dispose(): Promise<void> {
    const runners = this.#runners;
    this.#runners = [];
    await Promise.all(runners.map((runner) => runner?.dispose()));
  }
}

/** Index of the largest probability. */
export function bestOf(predictions: Float32Array, image: number): number {
  const row = predictions.subarray(image * classes, (image + 1) * classes);
  return row.reduce((best, value, digit) => (value > row[best] ? digit : best), 0);
}

export function probabilityOf(predictions: Float32Array, image: number, digit: number): number {
  return predictions[image * classes + digit];
}

function accuracyOf(predictions: Float32Array, labels: Int32Array): number {
  const right = labels.reduce(
    (count, label, image) => count + (bestOf(predictions, image) === label ? 1 : 0),
    0,
  );
  return right / labels.length;
}

/** Often at first, when much happens; the same steps in every run. */
function nextEvaluation(step: number): number {
  const every = step < 100 ? 10 : 25;
  return (Math.floor(step / every) + 1) * every;
}
