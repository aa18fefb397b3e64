import { positiveInteger } from '../core/check';
import type { Network } from '../runtime/network';
import type { Program } from '../runtime/program';
import { STEP_OPTIONS } from '../runtime/step-options';
import { metricsOf } from './evaluate';
import { createSlots, type Metric, slotsOf, trainingGraph } from './graph';
import { type Loss, type LossName, resolveLoss, usualTargets } from './losses';
import { adam, type Clip, checkOptimizer, type Optimizer } from './optimizers';

export interface TrainingProgramOptions {
  /** Samples a step. */
  readonly batch: number;
  readonly loss: Loss | LossName;
  /** Default `adam()`. */
  readonly optimizer?: Optimizer;
  readonly clip?: Clip;
  /** Default `accuracy` for the cross-entropies, nothing for the others. */
  readonly metrics?: readonly Metric[];
  /** Targets like the model's output, for a cross-entropy of class probabilities. Default false. */
  readonly dense?: boolean;
}

/**
 * One training step as a program, for an app that feeds it itself: `encode` records the step into the
 * app's command encoder, reading samples and targets from the app's buffers. Inputs: those of the
 * model; `training/targets`, i32 class numbers for a cross-entropy, else f32 like the model's output; and
 * `training/learningRate`, f32 []. Outputs: `loss` and the metrics, f32 []. The optimiser starts
 * afresh; what it remembers is kept among `net.variables`. {@link fit} does all this for arrays.
 */
export async function trainingProgram(
  net: Network,
  options: TrainingProgramOptions,
): Promise<Program> {
  const where = 'trainingProgram';
  const loss = resolveLoss(options?.loss, where);
  const { clip, dense } = options;
  const optimizer = checkOptimizer(options.optimizer ?? adam(), where);
  const batch = positiveInteger(options.batch, where, 'batch');
  const { model, storage, variables } = net;
  const target = usualTargets(loss, model.outputs[0].tensor.shape, dense);
  const metrics = metricsOf(loss, options.metrics, where);
  const graph = trainingGraph(model, { batch, loss, target, optimizer, clip, metrics, storage });
  createSlots(variables, slotsOf(model, optimizer));
  return net.compileGraph(graph, STEP_OPTIONS);
}
