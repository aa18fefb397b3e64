import { formatShape } from '../../../core/shape';
import { conv2d, conv2dTranspose, depthwiseConv2d } from '../../../model/layers/conv';
import { asImage, fromImage } from '../layout';
import type { Convert, NodeScope } from '../scope';
import { formatDims, type Known, type Live } from '../values';
import {
  autoPad,
  explicitPads,
  extents,
  pairOf,
  planeOptions,
  reach,
  type SpatialWindow,
  spatialWindow,
  withPads,
} from './window';

interface Operands {
  readonly x: Live;
  /** [filters, channels/groups, …kernel]; of a transposed one [channels, filters/groups, …kernel]. */
  readonly w: Known;
  readonly kernel: readonly number[];
  readonly groups: number;
  readonly bias: Known | undefined;
}

function operands(node: NodeScope): Operands {
  const x = node.liveInput(0, 3);
  const w = node.knownInput(1, 'weight');
  if (!w) throw node.fail('it has a weight', 'none');
  const kernel = w.dims.slice(2);
  const stated = node.attributes.ints('kernel_shape') ?? kernel;
  if (w.dims.length !== x.dims.length || formatShape(stated) !== formatShape(kernel)) {
    const found = `${formatDims(w.dims)} for ${formatDims(x.dims)}, kernel_shape [${stated}]`;
    throw node.fail('the weight has the rank of the input and the kernel’s shape', found);
  }
  const groups = node.attributes.int('group', 1);
  if (groups < 1) throw node.fail('group is at least 1', String(groups));
  return { x, w, kernel, groups, bias: node.knownInput(2, 'bias') };
}

/** The numbers of the layer: the last axes of the kernel are those of the channels. */
function weightsOf(node: NodeScope, { w, kernel, bias }: Operands, filters: number) {
  if (bias && (bias.dims.length !== 1 || bias.dims[0] !== filters)) {
    throw node.fail(`the bias is [${filters}]`, formatDims(bias.dims));
  }
  const perm = [...kernel.map((_, axis) => axis + 2), 1, 0];
  return { kernel: node.weight(w, perm), ...(bias && { bias: node.weight(bias) }) };
}

export const convertConv: Convert = (node) => {
  const all = operands(node);
  const { x, w, kernel, groups, bias } = all;
  const [filters, perGroup] = w.dims;
  const channels = x.dims[1];
  if (perGroup * groups !== channels) {
    const found = `${formatDims(w.dims)} in ${groups} groups for ${channels} channels`;
    throw node.fail('the weight’s channels times group are the input’s', found);
  }
  const shared = {
    ...planeOptions(spatialWindow(node, x.dims.slice(2), kernel)),
    useBias: bias !== undefined,
  };
  const size = pairOf(kernel, 1);
  const depthwise = groups > 1 && groups === channels && filters % channels === 0;
  const tensor = node.layer(
    (options) =>
      depthwise
        ? depthwiseConv2d(size, { ...options, ...shared, depthMultiplier: filters / channels })
        : conv2d(filters, size, { ...options, ...shared, groups }),
    [asImage(node, x).tensor],
    { weights: weightsOf(node, all, filters) },
  );
  return fromImage(node, tensor, x);
};

export const convertConvTranspose: Convert = (node) => {
  const all = operands(node);
  const { x, w, kernel, groups, bias } = all;
  if (w.dims[0] !== x.dims[1]) {
    throw node.fail('the weight’s first dimension is the channels', formatDims(w.dims));
  }
  const filters = w.dims[1] * groups;
  const { window, outputPadding } = transposedWindow(node, x.dims.slice(2), kernel);
  const tensor = node.layer(
    (options) =>
      conv2dTranspose(filters, pairOf(kernel, 1), {
        ...options,
        ...planeOptions(window),
        outputPadding: pairOf(outputPadding, 0),
        groups,
        useBias: bias !== undefined,
      }),
    [asImage(node, x).tensor],
    { weights: weightsOf(node, all, filters) },
  );
  return fromImage(node, tensor, x);
};

/** Padding and output padding, from which the extents of the output follow, or the other way round. */
function transposedWindow(node: NodeScope, size: readonly number[], kernel: readonly number[]) {
  const { attributes } = node;
  const strides = extents(node, 'strides', size.length);
  const dilations = extents(node, 'dilations', size.length);
  const auto = autoPad(node);
  const [before, after] = explicitPads(node, size.length);
  const window: SpatialWindow = { kernel, strides, dilations, before, after };
  const outputPadding = attributes.ints('output_padding') ?? size.map(() => 0);
  const most = size.map((_, i) => Math.max(strides[i], dilations[i]));
  if (outputPadding.length !== size.length || outputPadding.some((n, i) => n < 0 || n >= most[i])) {
    throw node.fail('output_padding is below the strides or dilations', formatShape(outputPadding));
  }
  const shape = attributes.ints('output_shape');
  if (!shape && auto === 'NOTSET') return { window, outputPadding };
  const full = size.map((n, i) => (n - 1) * strides[i] + reach(window, i) + outputPadding[i]);
  const same = size.map((n, i) => n * strides[i]);
  const wanted = shape?.slice(-size.length) ?? (auto === 'VALID' ? full : same);
  if (wanted.length !== size.length || wanted.some((n) => n < 1 || n > 2 ** 31)) {
    throw node.fail(`output_shape has ${size.length} extents`, formatShape(wanted));
  }
  // What is too much is cut off; what is missing is added at the end, where only the bias is.
  const totals = full.map((extent, i) => extent - wanted[i]);
  return {
    window: withPads(
      window,
      totals.map((total) => Math.max(total, 0)),
      auto === 'SAME_UPPER',
    ),
    outputPadding: outputPadding.map((n, i) => n + Math.max(-totals[i], 0)),
  };
}
