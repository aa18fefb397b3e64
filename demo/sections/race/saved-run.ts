import { bestOf, probabilityOf } from './race';
import { type RateChange, Scores } from './scores';
import type { RaceSettings } from './settings';
import { formatVariants, parseVariants } from './variants';

type Row = readonly (number | null)[];

/** A run as a file: what was raced, where and when, and all that the page shows of it. */
export interface SavedRun {
  readonly format: 'webgpu-batchnorm race';
  readonly version: 1;
  /** The adapter's name, and the day, `2026-11-28`. */
  readonly adapter: string;
  readonly date: string;
  /** As in the link. */
  readonly net: string;
  readonly lanes: string;
  readonly seed: number;
  readonly batch: number;
  /** Training images. */
  readonly images: number;
  readonly rates: readonly RateChange[];
  /** Steps, and the loss of each network at each of them; null where it is no number. */
  readonly steps: readonly number[];
  readonly losses: readonly Row[];
  /** Looks at the test digits: the share that each network reads. */
  readonly evaluations: readonly {
    readonly step: number;
    readonly accuracies: Row;
    /** For the first test digits, by network: what it reads, and how sure it is in percent. */
    readonly answers: readonly (readonly (readonly [digit: number, percent: number])[] | null)[];
  }[];
}

const savedDigits = 10;

/** Notes the answers of a run as it goes: the curves keep themselves. */
export class RunRecorder {
  readonly #answers = new Map<number, SavedRun['evaluations'][number]['answers']>();

  constructor(readonly scores: Scores) {}

  /** After each look at the test digits. */
  note(): void {
    const { step, lanes } = this.scores;
    if (this.scores.accuracies.x.at(-1) !== step || this.#answers.has(step)) return;
    const answers = lanes.map(({ predictions }) => {
      if (!predictions) return null;
      return Array.from({ length: savedDigits }, (_, image): [number, number] => {
        const digit = bestOf(predictions, image);
        return [digit, Math.round(100 * probabilityOf(predictions, image, digit))];
      });
    });
    this.#answers.set(step, answers);
  }

  save(settings: RaceSettings, images: number, adapter: string): SavedRun {
    const { losses, accuracies, rateChanges, variants } = this.scores;
    return {
      format: 'webgpu-batchnorm race',
      version: 1,
      adapter,
      date: new Date().toISOString().slice(0, 10),
      net: settings.net,
      lanes: formatVariants(variants),
      seed: settings.seed,
      batch: settings.batch,
      images,
      rates: rateChanges,
      steps: losses.x,
      losses: losses.series.slice(variants.length).map((row) => row.map(rounded)),
      evaluations: accuracies.x.map((step, i) => ({
        step,
        accuracies: accuracies.series.map((row) => rounded(row[i])),
        answers: this.#answers.get(step) ?? variants.map(() => null),
      })),
    };
  }
}

/** A saved run going by again. */
export class Playback {
  scores: Scores;
  /** Steps and looks that are past. */
  #steps = 0;
  #evaluations = 0;

  constructor(readonly run: SavedRun) {
    this.scores = this.#fresh();
    this.seek(0);
  }

  get length(): number {
    return this.run.steps.at(-1) ?? 0;
  }

  get step(): number {
    return this.scores.step;
  }

  get passes(): number[] {
    const { images, batch } = this.run;
    return this.scores.variants.map((variant) => (this.step * (variant.batch || batch)) / images);
  }

  seek(step: number): void {
    const { run } = this;
    if (step < this.scores.step) {
      this.scores = this.#fresh();
      this.#steps = 0;
      this.#evaluations = 0;
    }
    const { scores } = this;
    for (;;) {
      const evaluation = run.evaluations[this.#evaluations];
      if (evaluation && evaluation.step <= scores.step) {
        this.#evaluate(evaluation);
        this.#evaluations++;
        continue;
      }
      const next = run.steps[this.#steps];
      if (next === undefined || next > step) return;
      for (const { step: at, rate } of run.rates) if (at === scores.step) scores.noteRate(rate);
      const losses = run.losses.map((row) => row[this.#steps] ?? Number.NaN);
      scores.addStep(losses, next);
      this.#steps++;
    }
  }

  #fresh(): Scores {
    return new Scores(parseVariants(this.run.lanes) ?? []);
  }

  #evaluate({ accuracies, answers }: SavedRun['evaluations'][number]): void {
    this.scores.lanes.forEach((lane, k) => {
      lane.predictions = predictionsOf(answers[k]);
    });
    this.scores.addAccuracies(accuracies.map((share) => share ?? Number.NaN));
  }
}

/** The answers as probabilities: all that is known is the largest of each image. */
function predictionsOf(
  answers: SavedRun['evaluations'][number]['answers'][number],
): Float32Array | undefined {
  if (!answers) return undefined;
  const predictions = new Float32Array(10 * answers.length);
  answers.forEach(([digit, percent], image) => {
    predictions[10 * image + digit] = percent / 100;
  });
  return predictions;
}

function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(4));
}
