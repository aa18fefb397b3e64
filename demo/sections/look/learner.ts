import { fit, type ModelState, type Network, sgd, type Training } from 'webgpu-batchnorm';
import { readState } from 'webgpu-batchnorm/formats';
import weights from '../../data/digit-network.safetensors?url&no-inline';
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

/** Trains a digit network on, where asked to: the training digits are loaded with the first step. */
export class Learner {
  step = 0;
  loss = Number.NaN;
  #training?: Promise<Training>;

  constructor(
    private readonly network: Network,
    private readonly seed: number,
  ) {}

  async advance(steps: number): Promise<void> {
    this.#training ??= this.#open();
    const last = (await (await this.#training).advance(steps)).at(-1);
    if (last) Object.assign(this, { step: last.step, loss: last.loss });
  }

  async #open(): Promise<Training> {
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
      },
    );
  }

  async dispose(): Promise<void> {
    const training = await this.#training?.catch(() => undefined);
    await training?.dispose();
  }
}
