import conv2dTiledStatisticsKernel from '../../shaders/conv2d_tiled_statistics.wgsl';
import { sizeOf } from '../core/shape';
import type { Attrs } from '../ir/graph';
import {
  type LowerContext,
  type Lowering,
  type OpDef,
  type OpSignature,
  read,
  readOutput,
  write,
  writeTemp,
} from '../ir/op';
import { batchNormFromSums, batchNormOp, PARTIALS } from './batch-norm';
import { conv2dOp, geometryOf } from './conv';
import { flattened } from './conv-geometry';
import { TILE, tiledKernel } from './conv-kernels';
import { convLowering } from './conv-lower';
import { inSequence, type Places } from './in-sequence';
import { channelCount, channelsOf } from './statistics';

/**
 * A convolution and the batch norm of its output, so that the batch's statistics can be summed up where the
 * output is made, and the output need not be read for them.
 *
 * Inputs: those of conv2d (a bias where the attribute `bias` says so), and those of batchNorm but x.
 * Attributes: of both; activation and residual are the batch norm's. Outputs: of conv2d, and of batchNorm.
 */
export const conv2dBatchNormOp: OpDef = {
  name: 'conv2dBatchNorm',
  infer(inputs, attrs, where) {
    const { own, rest } = partsOf(inputs, attrs);
    const [y] = conv2dOp.infer(own, convAttrs(attrs), where);
    return [y, ...batchNormOp.infer([y, ...rest], attrs, where)];
  },
  reference(tensors, signature) {
    const { own, rest } = partsOf(tensors, signature.attrs);
    const { conv, norm } = signaturesOf(signature);
    const [y] = conv2dOp.reference(own, conv);
    return [y, ...batchNormOp.reference([y, ...rest], norm)];
  },
  lower(context) {
    const { conv, norm } = signaturesOf(context);
    const { adapter } = context;
    const [first, ...others] = conv2dOp.lower?.({ ...conv, adapter }) ?? [];
    const [second, ...norms] = batchNormOp.lower?.({ ...norm, adapter }) ?? [];
    const { convPlaces, normPlaces } = placesOf(context);
    const apart = [
      ...[first, ...others].map((one) => inSequence(one, convPlaces, second, normPlaces)),
      ...norms.map((one) => inSequence(first, convPlaces, one, normPlaces)),
    ];
    const together = fromTiles(context);
    const tiled = together.length > 0 && first.name === 'conv2d_tiled';
    return tiled ? [...together, ...apart] : [...apart, ...together];
  },
};

/**
 * By conv2d_tiled_statistics, where conv2d_tiled is a kernel for the convolution. Not for halves: the sums
 * must be of the output as it is stored, and compilers drop the rounding on the way there and back.
 */
function fromTiles(context: LowerContext): Lowering[] {
  const { conv, norm } = signaturesOf(context);
  const { attrs, adapter } = context;
  const [x, w] = conv.inputs;
  const [y] = conv.outputs;
  const [channels, filters] = [channelCount(x.shape), channelCount(y.shape)];
  if (x.dtype !== 'f32' || channels % 4 || filters % 4 || conv.attrs.groups !== 1) return [];
  const geometry = flattened(geometryOf(x.shape, w.shape, y.shape, conv.attrs));
  const pixels = sizeOf(y.shape) / filters;
  const tiles = { tiles: Math.ceil(pixels / TILE), length: TILE, span: 1 };
  // A software adapter would fold rows for matrices of 16, and the tiles' sums are of rows as they are.
  const c = { ...channelsOf(1, pixels, filters, { ...adapter, software: false }), sums: tiles };
  const tiled = convLowering(
    geometry,
    { ...tiledKernel(geometry), kernel: conv2dTiledStatisticsKernel },
    {
      tensors: { x: read(0), w: read(1), bias: attrs.bias ? read(2) : undefined, y: write(0) },
      elem: 'f32',
      adapter,
    },
  );
  // It has no temps of its own: the partial sums are the first of what comes behind.
  const [convolve] = tiled.dispatches;
  const bindings = [...convolve.bindings, writeTemp(PARTIALS)];
  const sums = { ...tiled, dispatches: [{ ...convolve, bindings }] };
  const { convPlaces, normPlaces } = placesOf(context);
  return batchNormFromSums({ ...norm, adapter }, c, []).map((rest) =>
    inSequence(sums, convPlaces, rest, normPlaces),
  );
}

const convCount = (attrs: Attrs) => (attrs.bias ? 3 : 2);

/** The inputs of the convolution, and those of the batch norm behind the first. */
function partsOf<T>(inputs: readonly T[], attrs: Attrs): { own: readonly T[]; rest: readonly T[] } {
  const count = convCount(attrs);
  return { own: inputs.slice(0, count), rest: inputs.slice(count) };
}

function convAttrs({ strides, pads, dilations, groups = 1 }: Attrs): Attrs {
  return { strides, pads, dilations, groups };
}

function signaturesOf({ inputs, outputs, attrs }: OpSignature): {
  conv: OpSignature;
  norm: OpSignature;
} {
  const { own, rest } = partsOf(inputs, attrs);
  const [y, ...others] = outputs;
  return {
    conv: { inputs: own, outputs: [y], attrs: convAttrs(attrs) },
    norm: { inputs: [y, ...rest], outputs: others, attrs },
  };
}

function placesOf({ inputs, attrs }: OpSignature): { convPlaces: Places; normPlaces: Places } {
  const count = convCount(attrs);
  const all = inputs.map((_, i) => read(i));
  return {
    convPlaces: { inputs: all.slice(0, count), outputs: [0] },
    normPlaces: { inputs: [readOutput(0), ...all.slice(count)], outputs: [1, 2, 3, 4] },
  };
}
