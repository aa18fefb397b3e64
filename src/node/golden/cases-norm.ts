import { FormatError } from '../../core/errors';
import { sizeOf } from '../../core/shape';
import type { Value } from '../../ir/graph';
import { affineOp, sqrtOp } from '../../ops/activations';
import { batchNormOp } from '../../ops/batch-norm';
import { batchNormInferenceOp } from '../../ops/batch-norm-inference';
import { divOp, mulOp, subOp } from '../../ops/binary';
import { groupNormOp } from '../../ops/group-norm';
import { layerNormOp } from '../../ops/layer-norm';
import type { Outputs } from '../../runtime/program';
import { CaseGraph, type Family, type Golden, type Results } from './case-graph';
import { cosines, lcg32 } from './generate';

const CONVENTIONS = { biased: false, unbiased: true };
/** Rows of batchNorm's second output. */
const ROWS = { batch_inv_std: 1, batch_mean: 2, batch_var_biased: 3 };

/** Statistics of the last axis in both conventions, from the batch norm of `x`, which is returned. */
export function batchNormLast(graph: CaseGraph, x: Value, names: BatchNormNames): Value {
  const { attrs } = graph.golden;
  const vectors = [names.gamma, names.beta, names.mean, names.variance];
  let result = x;
  for (const [convention, unbiased] of Object.entries(CONVENTIONS)) {
    const [y, statistics, mean, variance] = graph.g.apply(
      batchNormOp,
      [x, ...vectors],
      {
        blend: 1,
        epsilon: attrs.number('eps'),
        momentum: 1 - attrs.number('momentum_new_weight'),
        unbiased,
        cumulative: false,
      },
      convention,
    );
    graph.g.output(`running_var_new_${convention}`, variance);
    if (unbiased) continue;
    result = y;
    graph.g.output('running_mean_new', mean);
    graph.g.output('statistics', statistics);
  }
  return result;
}

export interface BatchNormNames {
  readonly gamma: Value;
  readonly beta: Value;
  readonly mean: Value;
  readonly variance: Value;
}

export function batchNormInputs(graph: CaseGraph): BatchNormNames {
  return {
    gamma: graph.input('gamma'),
    beta: graph.input('beta'),
    mean: graph.input('running_mean'),
    variance: graph.input('running_var'),
  };
}

/** The outputs with the rows of `statistics` under their names. */
export function withStatistics(outputs: Outputs, channels: number): Results {
  const rows = Object.entries(ROWS).map(([name, row]) => [
    name,
    outputs.statistics.subarray(row * channels, (row + 1) * channels),
  ]);
  return { ...outputs, ...Object.fromEntries(rows) };
}

function trainGraph(golden: Golden, graph: CaseGraph, x: Value, dy: Value): void {
  const axis = golden.attrs.number('axis', 1);
  const names = batchNormInputs(graph);
  const y = graph.axisBack(batchNormLast(graph, graph.axisLast(x, axis), names), axis);
  graph.g.output('y', y);
  graph.gradients(y, dy, { dx: x, dgamma: names.gamma, dbeta: names.beta });
}

const train: Family = async (golden) => {
  const graph = new CaseGraph(golden);
  trainGraph(golden, graph, graph.input('x'), graph.input('dy'));
  return withStatistics(await golden.run(graph), sizeOf(golden.shape('gamma')));
};

const trainGenerated: Family = async (golden) => {
  const { attrs } = golden;
  const shape = attrs.values.shape as number[];
  const graph = new CaseGraph(golden);
  trainGraph(golden, graph, graph.made('x', shape), graph.made('dy', shape));
  const x = lcg32(sizeOf(shape), attrs.record('x_gen'));
  const { first } = attrs.record('x_checksum').values;
  if (Array.isArray(first) && first.some((number, i) => x[i] !== number)) {
    const found = `${x.slice(0, first.length)}`;
    throw new FormatError({ where: attrs.where, rule: `x starts with ${first}`, found });
  }
  const dy = cosines(sizeOf(shape), attrs.record('dy_gen'));
  const outputs = await golden.run(graph, { x, dy });
  const sample = await golden.numbers('sample_index');
  const samples = (values: ArrayLike<number>) => Array.from(sample, (i) => values[i]);
  return {
    ...withStatistics(outputs, sizeOf(golden.shape('gamma'))),
    y_samples: samples(outputs.y),
    dx_samples: samples(outputs.dx),
  };
};

/** Statistics that go from batch to batch, and what they make of other data afterwards. */
const running: Family = async (golden) => {
  const { attrs } = golden;
  const [steps, ...shape] = golden.shape('x_steps');
  const axis = attrs.number('axis', 1);
  const numbers = await golden.numbers('x_steps');
  const [gamma, beta] = [await golden.numbers('gamma'), await golden.numbers('beta')];
  const channels = gamma.length;
  const vector = { dtype: 'f32', shape: [channels] } as const;
  const results: Results = {};
  for (const [convention, unbiased] of Object.entries(CONVENTIONS)) {
    const graph = new CaseGraph(golden);
    const x = graph.axisLast(graph.made('x', shape), axis);
    const [mean, variance] = [graph.g.state('mean', vector), graph.g.state('variance', vector)];
    const scale = [graph.g.constant(gamma, vector), graph.g.constant(beta, vector)];
    const [y, , newMean, newVariance] = graph.g.apply(batchNormOp, [x, ...scale, mean, variance], {
      blend: 1,
      epsilon: attrs.number('eps'),
      momentum: 1 - attrs.number('momentum_new_weight'),
      unbiased,
      cumulative: false,
    });
    graph.g.output('y', y);
    graph.g.update(mean, newMean);
    graph.g.update(variance, newVariance);

    const after = new CaseGraph(golden);
    const seen = after.axisLast(after.input('x_eval'), axis);
    const states = [after.g.state('mean', vector), after.g.state('variance', vector)];
    const constants = [after.g.constant(gamma, vector), after.g.constant(beta, vector)];
    const epsilon = attrs.number('eps');
    const normal = after.op(batchNormInferenceOp, [seen, ...constants, ...states], { epsilon });
    after.g.output('y', after.axisBack(normal, axis));

    const variables = golden.backend.variables();
    variables.create('mean', vector, await golden.numbers('running_mean'));
    variables.create('variance', vector, await golden.numbers('running_var'));
    const program = await golden.backend.compile(graph.g.build(), variables);
    const [means, variances]: number[][] = [[], []];
    const size = sizeOf(shape);
    for (let step = 0; step < steps; step++) {
      const batch = numbers.subarray(step * size, (step + 1) * size);
      await program.run({ x: batch }, { fetch: [] });
      means.push(...(await variables.get('mean')));
      variances.push(...(await variables.get('variance')));
    }
    const evaluation = await golden.backend.compile(after.g.build(), variables);
    const { y: evaluated } = await evaluation.run({ x_eval: await golden.numbers('x_eval') });
    program.dispose();
    evaluation.dispose();
    variables.dispose();
    results.running_mean_steps = means;
    results[`running_var_${convention}_steps`] = variances;
    results[`y_eval_${convention}`] = evaluated;
  }
  return results;
};

/** γ/√(variance + ε), and what is left of β. */
export function foldedVectors(graph: CaseGraph, names: BatchNormNames): [Value, Value] {
  const shifted = graph.op(affineOp, [names.variance], { shift: graph.golden.attrs.number('eps') });
  const scale = graph.op(divOp, [names.gamma, graph.op(sqrtOp, [shifted])]);
  return [scale, graph.op(subOp, [names.beta, graph.op(mulOp, [names.mean, scale])])];
}

const evaluate: Family = async (golden) => {
  const graph = new CaseGraph(golden);
  const axis = golden.attrs.number('axis', 1);
  const x = graph.input('x');
  const names = batchNormInputs(graph);
  const y = graph.axisBack(
    graph.op(
      batchNormInferenceOp,
      [graph.axisLast(x, axis), names.gamma, names.beta, names.mean, names.variance],
      { epsilon: golden.attrs.number('eps') },
    ),
    axis,
  );
  graph.g.output('y', y);
  const [scale, shift] = foldedVectors(graph, names);
  graph.g.output('folded_scale', scale);
  graph.g.output('folded_shift', shift);
  graph.gradients(y, graph.input('dy'), { dx: x, dgamma: names.gamma, dbeta: names.beta });
  return golden.run(graph);
};

/** Group norm over channels at axis 1; instance norm is one group a channel. */
const groups =
  (count: (golden: Golden) => number): Family =>
  async (golden) => {
    const graph = new CaseGraph(golden);
    const [x, gamma, beta] = ['x', 'gamma', 'beta'].map((name) => graph.input(name));
    const attrs = { groups: count(golden), epsilon: golden.attrs.number('eps') };
    const axis = golden.attrs.channelsLast() ? x.shape.length - 1 : 1;
    const last = graph.op(groupNormOp, [graph.axisLast(x, axis), gamma, beta], attrs);
    const y = graph.axisBack(last, axis);
    graph.g.output('y', y);
    graph.gradients(y, graph.input('dy'), { dx: x, dgamma: gamma, dbeta: beta });
    return golden.run(graph);
  };

const layerNorm: Family = async (golden) => {
  const graph = new CaseGraph(golden);
  const [x, gamma, beta] = ['x', 'gamma', 'beta'].map((name) => graph.input(name));
  const y = graph.op(layerNormOp, [x, gamma, beta], {
    dims: golden.attrs.number('normalized_dims', 1),
    epsilon: golden.attrs.number('eps'),
  });
  graph.g.output('y', y);
  graph.gradients(y, graph.input('dy'), { dx: x, dgamma: gamma, dbeta: beta });
  return golden.run(graph);
};

export const normFamilies: Record<string, Family> = {
  batchnorm_train: train,
  batchnorm_train_generated: trainGenerated,
  batchnorm_running: running,
  batchnorm_eval: evaluate,
  group_norm: groups((golden) => golden.attrs.number('groups')),
  instance_norm: groups((golden) => sizeOf(golden.shape('gamma'))),
  layer_norm: layerNorm,
};
