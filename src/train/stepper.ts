import type { TensorType } from '../ir/graph';
import type { Network } from '../runtime/network';
import type { Outputs, Program } from '../runtime/program';
import { STEP_OPTIONS } from '../runtime/step-options';
import type { Batch, Feed } from './feed';
import { createSlots, RATE, type StepOptions, slotsOf, trainingGraph } from './graph';

type Recipe = Omit<StepOptions, 'batch' | 'target' | 'tableRows' | 'storage'>;

/** Runs training steps: a program for each size that batches come in. */
export class Stepper {
  /** Variables of the network that are the training's own. */
  readonly slots: ReadonlyMap<string, TensorType>;
  readonly #programs = new Map<number, Program>();

  constructor(
    private readonly network: Network,
    private readonly feed: Feed,
    private readonly recipe: Recipe,
    private readonly compiling?: (done: number, total: number) => void,
  ) {
    this.slots = slotsOf(network.model, recipe.optimizer);
    createSlots(network.variables, this.slots);
  }

  /** The program for batches of `batch` samples, compiled when first asked for. */
  async program(batch: number): Promise<Program> {
    const known = this.#programs.get(batch);
    if (known) return known;
    const { network, feed, recipe } = this;
    const { target, tableRows } = feed;
    const { model, storage } = network;
    const graph = trainingGraph(model, { ...recipe, batch, target, tableRows, storage });
    const program = await network.compileGraph(graph, {
      ...STEP_OPTIONS,
      progress: this.compiling,
    });
    this.#programs.set(batch, program);
    return program;
  }

  /** Submits steps; when this returns, they are in the queue. */
  launch(
    program: Program,
    batches: readonly Batch[],
    rates: readonly number[],
  ): Promise<Outputs[]> {
    const steps = batches.map(({ inputs }, i) => ({ ...inputs, [RATE]: [rates[i]] }));
    return program.runSteps(steps, this.feed.shared);
  }

  /** Gives back the programs; the slots stay. */
  dispose(): void {
    for (const program of this.#programs.values()) program.dispose();
    this.#programs.clear();
  }

  /** Gives back the slots too. */
  forget(): void {
    this.dispose();
    const { variables } = this.network;
    for (const name of this.slots.keys()) if (variables.has(name)) variables.delete(name);
  }
}
