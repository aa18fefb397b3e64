import groupNormFinalizeKernel from '../../shaders/group_norm_finalize.wgsl';
import { nonNegative, positiveInteger } from '../core/check';
import { ShapeError } from '../core/errors';
import { sizeOf } from '../core/shape';
import type { Attrs, TensorType } from '../ir/graph';
import {
  type AdapterTraits,
  type Dispatch,
  f32,
  type OpDef,
  read,
  readTemp,
  u32,
  writeTemp,
} from '../ir/op';
import { checkCount, checkFloat } from './common';
import {
  applyDispatch,
  byLanes,
  type Channels,
  channelCount,
  channelsOf,
  checkVector,
  coefficientsType,
  finalizeDispatch,
  momentsOf,
  partialsType,
  statsDispatch,
  tilingParams,
} from './statistics';

/**
 * Group normalisation (Wu and He, arXiv 1803.08494): each image's channels in `groups` neighbouring
 * groups, normalised by their own mean and variance. Instance normalisation is `groups` = C.
 * Inputs: x [N, ..., C], gamma [C], beta [C]; attributes `groups`, `epsilon`.
 */
export const groupNormOp: OpDef = {
  name: 'groupNorm',
  infer(inputs, attrs, where) {
    checkCount(inputs, 3, where);
    const [x, gamma, beta] = inputs;
    checkInput(x, attrs, where);
    checkVector(gamma, x, where, 'gamma');
    checkVector(beta, x, where, 'beta');
    return [x];
  },
  reference([x, gamma, beta], { inputs, attrs }) {
    const y = new Float64Array(x.length);
    const channels = gamma.length;
    for (const { at, mean, invStd } of groupsOf(x, inputs[0], attrs)) {
      for (const i of at) {
        const c = i % channels;
        y[i] = gamma[c] * (x[i] - mean) * invStd + beta[c];
      }
    }
    return [y];
  },
  lower({ inputs: [x], attrs, adapter }) {
    const c = viewOf(x, adapter);
    const [partials, statistics, coefficients] = [0, 1, 2];
    return byLanes(adapter, (lanes) => ({
      temps: [partialsType(c, 3), statisticsType(c), coefficientsType(c, 3)],
      dispatches: [
        statsDispatch(c, x, [read(0), writeTemp(partials)], adapter),
        finalize(c, attrs, lanes, [partials, statistics, coefficients], [1, 2], adapter),
        applyDispatch(c, x, readTemp(coefficients), adapter),
      ],
    }));
  },
};

export function checkInput(x: TensorType, attrs: Attrs, where: string): void {
  checkFloat([x], where);
  const groups = positiveInteger(attrs.groups as number, where, 'groups');
  nonNegative(attrs.epsilon as number, where, 'epsilon');
  if (x.shape.length >= 2 && channelCount(x.shape) % groups === 0) return;
  throw new ShapeError({
    where,
    rule: `the input is [N, ..., C] with C a multiple of the ${groups} groups`,
    found: `[${x.shape}]`,
  });
}

export function viewOf(x: TensorType, adapter: AdapterTraits): Channels {
  const channels = channelCount(x.shape);
  const images = x.shape[0];
  return channelsOf(images, sizeOf(x.shape) / images / channels, channels, adapter);
}

/** Mean, 1/deviation and the mean's rest of each channel of each image. */
export function statisticsType({ outer, channels }: Channels): TensorType {
  return { dtype: 'f32', shape: [3, outer, channels] };
}

export function finalize(
  c: Channels,
  attrs: Attrs,
  lanes: number,
  [partials, statistics, coefficients]: readonly number[],
  [gamma, beta]: readonly number[],
  adapter: AdapterTraits,
): Dispatch {
  const groups = attrs.groups as number;
  return finalizeDispatch(
    groupNormFinalizeKernel,
    c.outer * groups,
    lanes,
    {
      params: [
        ...tilingParams(c, c.sums),
        u32(c.outer),
        u32(c.channels),
        u32(groups),
        u32(c.folds),
        f32(attrs.epsilon as number),
      ],
      bindings: [
        readTemp(partials),
        read(gamma),
        read(beta),
        writeTemp(statistics),
        writeTemp(coefficients),
      ],
      flops: 10 * c.outer * c.channels,
    },
    adapter,
  );
}

/** For each group of each image, where its elements are, and its statistics. */
export function groupsOf(x: Float64Array, { shape }: TensorType, attrs: Attrs) {
  const channels = channelCount(shape);
  const perGroup = channels / (attrs.groups as number);
  const perImage = x.length / shape[0];
  const members = new Map<string, number[]>();
  x.forEach((_, i) => {
    const key = `${Math.floor(i / perImage)} ${Math.floor((i % channels) / perGroup)}`;
    const at = members.get(key);
    if (at) at.push(i);
    else members.set(key, [i]);
  });
  return [...members.values()].map((at) => {
    const { mean, variance } = momentsOf(Float64Array.from(at, (i) => x[i]));
    return { at, mean, invStd: 1 / Math.sqrt(variance + (attrs.epsilon as number)) };
  });
}
