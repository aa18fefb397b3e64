import { oneOf, positiveInteger } from '../core/check';
import { checkNetwork, type Network } from '../runtime/network';
import type { Program } from '../runtime/program';
import { batchStarts, twoInFlight } from '../runtime/two-in-flight';
import { checkSamples, fieldsOf, gather, inputsOf, type Samples, type Table } from './dataset';
import { evaluationGraph, type Metric, TARGETS } from './graph';
import { type Loss, type LossName, resolveLoss, targetType } from './losses';

/** Means over all samples. */
export interface Evaluation {
  readonly loss: number;
  readonly metrics: Readonly<Partial<Record<Metric, number>>>;
}

export interface EvaluateOptions {
  readonly loss: Loss | LossName;
  /** Default `accuracy` for the cross-entropies, nothing for the others. */
  readonly metrics?: readonly Metric[];
  /** Samples done at a time; default up to 64. It does not change the result. */
  readonly batch?: number;
}

/** The loss and the metrics of a network on `samples`, as it infers: with running statistics. */
export async function evaluate(
  net: Network,
  samples: Samples,
  options: EvaluateOptions,
): Promise<Evaluation> {
  const evaluator = await Evaluator.create(net, samples, options);
  try {
    return await evaluator.run();
  } finally {
    evaluator.dispose();
  }
}

/** What to measure: what was asked for, checked, or what suits the loss. */
export function metricsOf(
  loss: Loss,
  metrics: readonly Metric[] | undefined,
  where: string,
): readonly Metric[] {
  for (const metric of metrics ?? []) oneOf(metric, ['accuracy'], where, 'metrics');
  if (metrics) return metrics;
  return loss.name === 'crossEntropy' || loss.name === 'binaryCrossEntropy' ? ['accuracy'] : [];
}

/** Samples and a program to evaluate them again and again. */
export class Evaluator {
  private constructor(
    private readonly program: Program,
    private readonly table: Table,
    private readonly batch: number,
    private readonly metrics: readonly Metric[],
  ) {}

  static async create(
    net: Network,
    samples: Samples,
    options: EvaluateOptions,
    where = 'evaluation data',
  ): Promise<Evaluator> {
    checkNetwork(net, 'evaluate');
    const loss = resolveLoss(options?.loss, 'evaluate');
    const metrics = metricsOf(loss, options.metrics, 'evaluate');
    const output = net.model.outputs[0].tensor.shape;
    const type = (numbers: number) => targetType(loss, output, numbers);
    const classes = output[output.length - 1];
    const table = checkSamples(samples, fieldsOf(net.model), type, classes, where);
    const batch = positiveInteger(options.batch ?? Math.min(64, table.count), where, 'batch');
    const target = table.targets.type;
    const { model, storage } = net;
    const graph = evaluationGraph(model, { batch, loss, target, metrics, storage });
    return new Evaluator(await net.compileGraph(graph), table, batch, metrics);
  }

  async run(): Promise<Evaluation> {
    const { table, batch, metrics } = this;
    const names = ['loss', ...metrics] as const;
    const sums = new Map<string, number>(names.map((name) => [name, 0]));
    const chunk = async (start: number) => {
      // The last batch is filled up with the last sample, which is not counted again.
      const rows = Int32Array.from({ length: batch }, (_, i) =>
        Math.min(start + i, table.count - 1),
      );
      const targets = gather(table.targets.data, table.count, rows);
      const got = await this.program.run({ ...inputsOf(table, rows), [TARGETS]: targets });
      for (const name of names) {
        const counted = got[name].subarray(0, table.count - start) as Float32Array;
        sums.set(
          name,
          counted.reduce((sum, value) => sum + value, sums.get(name) as number),
        );
      }
    };
    await twoInFlight(batchStarts(table.count, batch), chunk);
    const mean = (name: string) => (sums.get(name) as number) / table.count;
    const entries = metrics.map((name) => [name, mean(name)] as const);
    return { loss: mean('loss'), metrics: Object.fromEntries(entries) };
  }

  dispose(): void {
    this.program.dispose();
  }
}
