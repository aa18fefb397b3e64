import {
  batchNormNumbers,
  isBatchNorm,
  type Network,
  type Outputs,
  type Program,
  watch,
} from 'webgpu-batchnorm';
import { digitNetwork } from '../../parts/digit-network';
import { imageSize } from '../../parts/digits';
import type { Channel } from './arithmetic';

/** A tensor [height, width, channels] of one image. */
export interface Maps {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly values: Float32Array;
}

/** Of each channel of a layer. */
export interface Statistics {
  readonly mean: Float32Array;
  readonly variance: Float32Array;
}

/** What one batch norm got and gave for the image, and what it normalised by. */
export interface LayerReading {
  readonly before: Maps;
  readonly after: Maps;
  readonly statistics: Statistics;
  readonly gamma: Float32Array;
  readonly beta: Float32Array;
}

/** What the network made of an image. */
export interface Reading {
  /** Of each digit. */
  readonly probabilities: Float32Array;
  readonly layers: readonly LayerReading[];
}

export type Mode = 'eval' | 'train';

/** The same image by both kinds of statistics: the running ones, and those of the batch that it is in. */
export type Look = Readonly<Record<Mode, Reading>>;

const pixels = imageSize * imageSize;
const { epsilon } = batchNormNumbers({});
const answer = 'softmax/output';

/** The batch norms of the digit network, what they normalise, and its shape. */
export const watchedLayers = digitNetwork(true).tensors.flatMap(({ call, shape }) => {
  if (!isBatchNorm(call.layer)) return [];
  const [height, width, channels] = shape;
  const input = call.inputs[0].call?.layer.name as string;
  return [{ name: call.layer.name, input, shape: { height, width, channels } }];
});

type Size = Pick<(typeof watchedLayers)[number]['shape'], 'height' | 'width'>;

/** The pixel at the same place in the picture, where maps have another size. */
export function samePlace(pixel: number, from: Size, to: Size): number {
  const place = (at: number, size: number, newSize: number) =>
    Math.min(newSize - 1, Math.floor(((at + 0.5) * newSize) / size));
  const column = place(pixel % from.width, from.width, to.width);
  const row = place(Math.floor(pixel / from.width), from.height, to.height);
  return row * to.width + column;
}

/** Shows what the batch norms of a digit network do to an image. It sees every change of the network. */
export class Watcher {
  /** Programs by mode and batch size, made when first asked for. */
  readonly #programs = new Map<string, Promise<Program>>();

  constructor(private readonly network: Network) {}

  /** `batch`: [n, 28, 28], the image first. */
  async look(batch: Float32Array): Promise<Look> {
    const [running, own] = await Promise.all([
      this.#read('eval', batch.subarray(0, pixels)),
      this.#read('train', batch),
    ]);
    return { eval: running, train: own };
  }

  /** Of each digit, for the first image of `batch`, by the batch's statistics. */
  async probabilities(batch: Float32Array): Promise<Float32Array> {
    const program = await this.#program('answer', batch.length / pixels);
    const outputs = await program.run({ input: batch });
    return (outputs[answer] as Float32Array).subarray(0, 10);
  }

  async #read(mode: Mode, batch: Float32Array): Promise<Reading> {
    const program = await this.#program(mode, batch.length / pixels);
    return readingOf(await program.run({ input: batch }), mode);
  }

  /** `answer`: in train mode, and the answer alone. */
  #program(what: Mode | 'answer', batch: number): Promise<Program> {
    const key = `${what} ${batch}`;
    let program = this.#programs.get(key);
    if (!program) {
      const norms = what === 'answer' ? [] : watchedLayers;
      program = watch(this.network, {
        batch,
        layers: [...norms.flatMap(({ name, input }) => [input, name]), 'softmax'],
        statistics: what === 'eval' ? 'running' : 'batch',
        outputs: true,
        channels: what !== 'answer',
      });
      this.#programs.set(key, program);
    }
    return program;
  }

  dispose(): void {
    for (const program of this.#programs.values()) {
      program.then(
        (made) => made.dispose(),
        () => {},
      );
    }
    this.#programs.clear();
  }
}

function readingOf(outputs: Outputs, mode: Mode): Reading {
  const numbers = (name: string) => outputs[name] as Float32Array;
  const kind = mode === 'eval' ? 'moving' : 'batch';
  return {
    probabilities: numbers(answer).subarray(0, 10),
    layers: watchedLayers.map(({ name, input, shape }) => {
      const size = shape.height * shape.width * shape.channels;
      const ofImage = (layer: string) => ({
        ...shape,
        values: numbers(`${layer}/output`).subarray(0, size),
      });
      return {
        before: ofImage(input),
        after: ofImage(name),
        statistics: {
          mean: numbers(`${name}/${kind}Mean`),
          variance: numbers(`${name}/${kind}Variance`),
        },
        gamma: numbers(`${name}/gamma`),
        beta: numbers(`${name}/beta`),
      };
    }),
  };
}

/** One channel, as a layer normalised it. */
export function channelOf({ statistics, gamma, beta }: LayerReading, channel: number): Channel {
  return {
    mean: statistics.mean[channel],
    variance: statistics.variance[channel],
    epsilon,
    gamma: gamma[channel],
    beta: beta[channel],
  };
}
