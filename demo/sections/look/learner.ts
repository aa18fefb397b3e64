import {
  fit,
  type ModelState,
  type Network,
  sgd,
  type Training,
  type TrainingState,
} from 'webgpu-batchnorm';
import { readState } from 'webgpu-batchnorm/formats';
import weights from '../../data/digit-network.safetensors?url&no-inline';
import { isDue } from '../../parts/checkpoint';
import { digitNetwork } from '../../parts/digit-network';
import { loadTrainDigits } from '../../parts/digits';

/** Small steps: the network that comes with the page is nearly done. */
const [learningRate, batch] = [0.03, 32];

/** The numbers that the digit network of the page was trained to; see data/README.md. */
export async function trainedState(): Promise<ModelState> {
  const response = await fetch(weights);
  if (!response.ok) throw new Error(`${weights}: ${response.status} ${response.statusText}`);
  return readState(new Uint8Array(await response.arrayBuffer()), 'digit-network.safetensors');
}

export const untrainedState = (seed: number) => digitNetwork(true).initialState(seed);

/** How far a training was when it was last copied. */
export interface Progress {
  readonly step: number;
  readonly loss: number;
  readonly state: TrainingState;
}

/** Trains a digit network on, where asked to: the training digits are loaded with the first step. */
export class Learner {
  step = 0;
  loss = Number.NaN;
  /** Where another device would go on; none before the first steps. */
  copied?: Progress;
  #training?: Promise<Training>;

  constructor(
    private readonly network: Network,
    private readonly seed: number,
  ) {}

  async advance(steps: number): Promise<void> {
    this.#training ??= this.#open();
    const training = await this.#training;
    const last = (await training.advance(steps)).at(-1);
    if (!last) return;
    const { step, loss } = last;
    Object.assign(this, { step, loss });
    if (isDue(step, this.copied)) this.copied = { step, loss, state: await training.state() };
  }

  /** Goes on from a copy. */
  async resume(copied: Progress): Promise<void> {
    const { step, loss, state } = copied;
    Object.assign(this, { step, loss, copied });
    this.#training = this.#open(state);
    // Puts its numbers in place now, not with the first step.
    await (await this.#training).state();
  }

  async #open(resume?: TrainingState): Promise<Training> {
    const { images: x, labels: y } = await loadTrainDigits();
    return fit(
      this.network,
      { x, y },
      {
        loss: 'crossEntropy',
        optimizer: sgd({ learningRate }),
        metrics: [],
        epochs: Number.POSITIVE_INFINITY,
        batch,
        lastBatch: 'drop',
        seed: this.seed,
        resume,
      },
    );
  }

  async dispose(): Promise<void> {
    const training = await this.#training?.catch(() => undefined);
    await training?.dispose();
  }
}
