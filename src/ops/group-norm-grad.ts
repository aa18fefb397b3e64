import groupNormBackwardFinalizeKernel from '../../shaders/group_norm_backward_finalize.wgsl';
import type { Gradient, Gradients } from '../ir/gradient';
import {
  type Binding,
  type Dispatch,
  f32,
  type OpDef,
  read,
  readTemp,
  u32,
  write,
  writeTemp,
} from '../ir/op';
import { checkCount, checkFloat, checkShapeIs } from './common';
import { checkInput, finalize, groupNormOp, groupsOf, statisticsType, viewOf } from './group-norm';
import {
  backwardApplyDispatch,
  backwardStatsDispatch,
  byLanes,
  checkVector,
  coefficientsType,
  finalizeDispatch,
  partialsType,
  statsDispatch,
} from './statistics';

/**
 * Inputs: x and dy [N, ..., C], gamma [C]. Outputs: dx, dgamma, dbeta. The statistics are computed
 * again: it costs one more read of x, and spares the forward pass another output.
 */
export const groupNormGradOp: OpDef = {
  name: 'groupNormGrad',
  gradientOf: groupNormOp,
  infer(inputs, attrs, where) {
    checkCount(inputs, 3, where);
    const [x, dy, gamma] = inputs;
    checkInput(x, attrs, where);
    checkFloat([x, dy], where);
    checkShapeIs(dy, x.shape, where, 'dy');
    checkVector(gamma, x, where, 'gamma');
    return [x, gamma, gamma];
  },
  reference([x, dy, gamma], { inputs, attrs }) {
    const channels = gamma.length;
    const dx = new Float64Array(x.length);
    const [dgamma, dbeta] = [new Float64Array(channels), new Float64Array(channels)];
    for (const { at, mean, invStd } of groupsOf(x, inputs[0], attrs)) {
      let [plain, centred] = [0, 0];
      for (const i of at) {
        const c = i % channels;
        const normal = (x[i] - mean) * invStd;
        dgamma[c] += dy[i] * normal;
        dbeta[c] += dy[i];
        plain += gamma[c] * dy[i];
        centred += gamma[c] * dy[i] * normal;
      }
      for (const i of at) {
        const normal = (x[i] - mean) * invStd;
        dx[i] = invStd * (gamma[i % channels] * dy[i] - (plain + normal * centred) / at.length);
      }
    }
    return [dx, dgamma, dbeta];
  },
  lower({ inputs: [x], attrs, adapter }) {
    const c = viewOf(x, adapter);
    const groups = attrs.groups as number;
    const [partials, statistics, forward, sums, coefficients] = [0, 1, 2, 3, 4];
    const params = [
      u32(c.outer),
      u32(c.channels),
      u32(groups),
      u32(c.folds),
      u32(c.sums.tiles),
      f32(groups / (c.rows * c.folds * c.channels)),
    ];
    const backward = (
      entry: string,
      count: number,
      lanes: number,
      tensors: readonly Binding[],
    ): Dispatch => {
      const bindings = [readTemp(sums), readTemp(statistics), ...tensors];
      const rest = { entry, params, bindings, flops: 10 * count };
      return finalizeDispatch(groupNormBackwardFinalizeKernel, count, lanes, rest, adapter);
    };
    return byLanes(adapter, (lanes) => ({
      temps: [
        partialsType(c, 3),
        statisticsType(c),
        coefficientsType(c, 3),
        partialsType(c, 2),
        coefficientsType(c, 4),
      ],
      dispatches: [
        statsDispatch(c, x, [read(0), writeTemp(partials)], adapter),
        // Only the statistics are read again: gamma stands in for beta.
        finalize(c, attrs, lanes, [partials, statistics, forward], [2, 2], adapter),
        backwardStatsDispatch(
          c,
          x,
          // No activation: gamma stands in for what is read for one only.
          [read(0), read(1), readTemp(statistics), writeTemp(sums), read(2), read(2)],
          adapter,
        ),
        backward('main', c.outer * groups, lanes, [read(2), writeTemp(coefficients)]),
        backward('vectors', c.channels, lanes, [write(1), write(2)]),
        backwardApplyDispatch(c, x, [read(0), read(1), readTemp(coefficients), write(0)], adapter),
      ],
    }));
  },
};

const groupNormGradient: Gradient = ({ g, node, dOutputs: [dy], wanted }) => {
  const [x, gamma] = node.inputs;
  const gradients = g.apply(groupNormGradOp, [x, dy!, gamma], node.attrs);
  return gradients.map((gradient, i) => (wanted[i] ? gradient : undefined));
};

export const groupNormGradients: Gradients = [[groupNormOp, groupNormGradient]];
