import {
  adam,
  batchNorm,
  compile,
  dense,
  type Network,
  type Program,
  sequential,
  tanh,
  trainingProgram,
} from 'webgpu-batchnorm';
import { height } from './wave';

/** Points that one training step learns from. */
const batch = 128;

/** A network from a place (x, z) to the height there. */
function surface() {
  return sequential(
    [2],
    [dense(32), batchNorm(), tanh(), dense(32), batchNorm(), tanh(), dense(1, { name: 'height' })],
  );
}

/**
 * A small network on the app's device that learns a moving surface, one step a frame. It makes no submit of
 * its own and reads nothing back.
 */
export class Learner {
  private constructor(
    private readonly net: Network,
    private readonly step: Program,
    private readonly grid: Program,
    private readonly input: string,
    private readonly output: string,
  ) {}

  /** `places` [count, 2]: where the heights are wanted. */
  static async create(device: GPUDevice, places: Float32Array): Promise<Learner> {
    const net = await compile(surface(), { device, seed: 1 });
    const [step, grid] = await Promise.all([
      trainingProgram(net, { batch, loss: 'meanSquaredError', optimizer: adam() }),
      net.program({ batch: places.length / 2 }),
    ]);
    const [input] = net.model.inputs;
    const [output] = net.model.outputs;
    grid.writeInput(input.name, places);
    step.writeInput('training/learningRate', [0.01]);
    return new Learner(net, step, grid, input.name, output.name);
  }

  /** Records one training step and the heights of all places, which go to `heights`. */
  encode(encoder: GPUCommandEncoder, seconds: number, heights: GPUBuffer): void {
    const places = Float32Array.from({ length: 2 * batch }, () => 2 * Math.random() - 1);
    const wanted = Float32Array.from({ length: batch }, (_, i) =>
      height(places[2 * i], places[2 * i + 1], seconds),
    );
    this.step.writeInput(this.input, places);
    this.step.writeInput('training/targets', wanted);
    this.step.encode(encoder);
    this.grid.encode(encoder, { outputs: { [this.output]: heights } });
  }

  dispose(): void {
    this.step.dispose();
    this.net.dispose();
  }
}
