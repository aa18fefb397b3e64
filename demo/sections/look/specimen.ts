import { compile, type ModelState, type Network } from 'webgpu-batchnorm';
import { digitNetwork } from '../../parts/digit-network';
import { type Digits, imageOf, loadTestDigits } from '../../parts/digits';
import { digitOf } from '../../parts/drawing';
import type { ValuesOf } from '../../parts/fields';
import type { Place } from '../../parts/place';
import { batchOf } from './batch';
import { Learner, trainedState, untrainedState } from './learner';
import type { settings } from './settings';
import { type Look, Watcher } from './watcher';

/** A digit network to look into, which can be trained on, and the test images. */
export class Specimen {
  readonly learner: Learner;
  readonly #watcher: Watcher;
  /** The batch that was last looked at, the image first. */
  #batch: Float32Array = new Float32Array();

  private constructor(
    private readonly network: Network,
    readonly test: Digits,
    seed: number,
  ) {
    this.learner = new Learner(network, seed);
    this.#watcher = new Watcher(network);
  }

  static async open(
    where: Place['where'],
    { start, seed }: Pick<ValuesOf<typeof settings>, 'start' | 'seed'>,
  ): Promise<Specimen> {
    const [test, state] = await Promise.all([
      loadTestDigits(),
      start === 'trained' ? trainedState() : untrainedState(seed),
    ]);
    const network = await compile(digitNetwork(true), { ...where, state });
    return new Specimen(network, test, seed);
  }

  get batch(): Float32Array {
    return this.#batch;
  }

  /** The drawing or, where there is none, the test image. */
  inkOf({ drawing, image }: Pick<ValuesOf<typeof settings>, 'drawing' | 'image'>): Float32Array {
    return drawing.length ? digitOf(drawing) : imageOf(this.test, image);
  }

  look(values: Readonly<ValuesOf<typeof settings>>): Promise<Look> {
    this.#batch = this.#batchOf(values, values.batch);
    return this.#watcher.look(this.#batch);
  }

  /** What train mode makes of the image among `batch − 1` others. */
  ask(
    values: Readonly<ValuesOf<typeof settings>>,
    batch: number,
    company: number,
  ): Promise<Float32Array> {
    return this.#watcher.probabilities(this.#batchOf({ ...values, company }, batch));
  }

  #batchOf(values: Readonly<ValuesOf<typeof settings>>, batch: number): Float32Array {
    const own = values.drawing.length ? undefined : values.image;
    return batchOf(this.inkOf(values), this.test, { batch, company: values.company, own });
  }

  state(): Promise<ModelState> {
    return this.network.getState();
  }

  async dispose(): Promise<void> {
    this.#watcher.dispose();
    await this.learner.dispose();
    this.network.dispose();
  }
}
