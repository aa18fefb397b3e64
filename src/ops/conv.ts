import { positiveInteger } from '../core/check';
import { ArgumentError, ShapeError } from '../core/errors';
import { formatShape, type Shape, sizeOf } from '../core/shape';
import type { Attrs, TensorType } from '../ir/graph';
import { elemOf, type OpDef, type OpSignature, read, write } from '../ir/op';
import { checkCount, checkFloat, checkRank, checkShapeIs } from './common';
import { adjoint, type ConvGeometry, forwardGeometry } from './conv-geometry';
import { lowerConv } from './conv-lower';
import { checkEpilogue, epilogue, withResidual } from './epilogue';
import { outputExtent, reach, type Window, windowOf } from './window';

/**
 * y[n,o,p,c] = bias[c] + Σ x[n, o·s − pad + k·d, …, i]·w[k, l, i, c]; groups split the channels. A
 * residual and an activation may follow: see `./epilogue`.
 */
export const conv2dOp: OpDef = {
  name: 'conv2d',
  epilogue: true,
  infer(inputs, attrs, where) {
    const { own, residual } = withResidual(inputs, attrs);
    checkCount(own, 2, where, 3);
    checkFloat(inputs, where);
    const [x, w, bias] = own;
    const y = { dtype: x.dtype, shape: convolvedShape(x, w.shape, attrs, where) };
    if (bias) checkShapeIs(bias, [y.shape[3]], where, 'the bias');
    checkEpilogue(y, residual, attrs, where);
    return [y];
  },
  reference(tensors, { inputs, outputs, attrs }) {
    const { own, residual } = withResidual(tensors, attrs);
    const [x, w, bias] = own;
    const channels = outputs[0].shape[3];
    const y = Float64Array.from({ length: sizeOf(outputs[0].shape) }, (_, i) =>
      bias ? bias[i % channels] : 0,
    );
    forEachProduct(inputs[0].shape, inputs[1].shape, outputs[0].shape, attrs, (xi, wi, yi) => {
      y[yi] += x[xi] * w[wi];
    });
    return [epilogue(y, attrs, residual)];
  },
  lower({ inputs, outputs, attrs, adapter }) {
    const { own, residual } = withResidual(inputs, attrs);
    const [x, w, bias] = own;
    return lowerConv(geometryOf(x.shape, w.shape, outputs[0].shape, attrs), {
      tensors: {
        x: read(0),
        w: read(1),
        bias: bias && read(2),
        residual: residual && read(own.length),
        y: write(0),
      },
      epilogue: attrs,
      elem: elemOf(x.dtype),
      adapter,
    });
  },
};

/** The adjoint of conv2d: each input pixel is spread over the pixels that a window would gather. */
export const conv2dTransposeOp: OpDef = {
  name: 'conv2dTranspose',
  infer(inputs, attrs, where) {
    checkCount(inputs, 2, where, 3);
    checkFloat(inputs, where);
    const [x, w, bias] = inputs;
    const shape = spreadShape(x, w.shape, attrs, where);
    if (bias) checkShapeIs(bias, [shape[3]], where, 'the bias');
    return [{ dtype: x.dtype, shape }];
  },
  reference([x, w, bias], signature) {
    const channels = signature.outputs[0].shape[3];
    const y = transposed(x, w, signature);
    return [bias ? y.map((sum, i) => sum + bias[i % channels]) : y];
  },
  lower({ inputs: [x, w, bias], outputs: [y], attrs, adapter }) {
    return lowerConv(adjoint(geometryOf(y.shape, w.shape, x.shape, attrs)), {
      tensors: { x: read(0), w: read(1), bias: bias && read(2), y: write(0) },
      swapped: true,
      elem: elemOf(x.dtype),
      adapter,
    });
  },
};

const groupsOf = (attrs: Attrs) => (attrs.groups as number | undefined) ?? 1;

function checkKernel(kernel: Shape, where: string, layout: string): void {
  if (kernel.length === 4) return;
  throw new ShapeError({
    where,
    rule: `the weights have 4 dimensions (${layout})`,
    found: formatShape(kernel),
  });
}

function checkDivides(groups: number, channels: number, where: string, name: string): void {
  if (channels % groups === 0) return;
  throw new ArgumentError({
    where,
    rule: `groups divides the number of ${name} channels`,
    found: `${groups} groups, ${channels} channels`,
  });
}

/** Shape of conv2d's output. */
export function convolvedShape(
  x: TensorType,
  kernel: Shape,
  attrs: Attrs,
  where: string,
): number[] {
  checkRank(x, 4, where, 'NHWC');
  checkKernel(kernel, where, 'height, width, input channels per group, output channels');
  const window = windowOf(attrs, where);
  const groups = positiveInteger(groupsOf(attrs), where, 'groups');
  const [batch, height, width, channels] = x.shape;
  const [kernelHeight, kernelWidth, perGroup, filters] = kernel;
  checkDivides(groups, channels, where, 'input');
  checkDivides(groups, filters, where, 'output');
  checkChannels(perGroup * groups, x, where);
  const size = outputExtent([height, width], [kernelHeight, kernelWidth], window, where);
  return [batch, ...size, filters];
}

/** Shape of conv2dTranspose's output. */
function spreadShape(x: TensorType, kernel: Shape, attrs: Attrs, where: string): number[] {
  checkRank(x, 4, where, 'NHWC');
  checkKernel(kernel, where, 'height, width, output channels per group, input channels');
  const { strides, pads, dilations } = windowOf(attrs, where);
  const groups = positiveInteger(groupsOf(attrs), where, 'groups');
  const more = (attrs.outputPadding as readonly number[] | undefined) ?? [0, 0];
  checkDivides(groups, kernel[3], where, 'input');
  checkChannels(kernel[3], x, where);
  const size = [0, 1].map((axis) => {
    const ok = Number.isInteger(more[axis]) && more[axis] >= 0 && more[axis] < strides[axis];
    if (!ok || more.length !== 2) {
      throw new ArgumentError({
        where,
        rule: 'outputPadding is two integers ≥ 0, smaller than the strides',
        found: `${JSON.stringify(more)} with strides ${JSON.stringify(strides)}`,
      });
    }
    const last = (x.shape[1 + axis] - 1) * strides[axis];
    const extent =
      last + reach(kernel[axis], dilations[axis]) + more[axis] - pads[axis] - pads[axis + 2];
    if (extent >= 1) return extent;
    throw new ShapeError({
      where,
      rule: 'the output has at least one row and column',
      found: `${axis === 0 ? 'height' : 'width'} ${extent}`,
      remedy: 'Use less padding.',
    });
  });
  return [x.shape[0], ...size, kernel[2] * groups];
}

function checkChannels(expected: number, x: TensorType, where: string): void {
  const channels = x.shape[3];
  if (channels === expected) return;
  const shape = formatShape(x.shape);
  throw new ShapeError({
    where,
    rule: `weights expect ${expected} input channels, the input has ${channels} (shape ${shape}, NHWC)`,
  });
}

export function geometryOf(x: Shape, w: Shape, y: Shape, attrs: Attrs): ConvGeometry {
  return forwardGeometry(x, w, y, windowOf(attrs, 'conv2d'), groupsOf(attrs));
}

export function transposed(
  dy: Float64Array,
  w: Float64Array,
  { inputs, outputs, attrs }: OpSignature,
): Float64Array {
  const dx = new Float64Array(sizeOf(outputs[0].shape));
  forEachProduct(outputs[0].shape, inputs[1].shape, inputs[0].shape, attrs, (xi, wi, yi) => {
    dx[xi] += dy[yi] * w[wi];
  });
  return dx;
}

/** Visits every product of the convolution sum: the indices of x and w that meet in y. */
export function forEachProduct(
  [batch, height, width, channels]: Shape,
  [kernelHeight, kernelWidth, perGroup, filters]: Shape,
  [, rows, columns]: Shape,
  attrs: Attrs,
  visit: (xi: number, wi: number, yi: number) => void,
): void {
  const { strides, pads, dilations }: Window = windowOf(attrs, 'conv2d');
  const filtersPerGroup = filters / groupsOf(attrs);
  for (let n = 0; n < batch; n++)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        for (let k = 0; k < kernelHeight; k++)
          for (let l = 0; l < kernelWidth; l++) {
            const h = row * strides[0] - pads[0] + k * dilations[0];
            const v = column * strides[1] - pads[1] + l * dilations[1];
            if (h < 0 || h >= height || v < 0 || v >= width) continue;
            for (let filter = 0; filter < filters; filter++)
              for (let i = 0; i < perGroup; i++) {
                const channel = Math.floor(filter / filtersPerGroup) * perGroup + i;
                visit(
                  ((n * height + h) * width + v) * channels + channel,
                  ((k * kernelWidth + l) * perGroup + i) * filters + filter,
                  ((n * rows + row) * columns + column) * filters + filter,
                );
              }
          }
}
