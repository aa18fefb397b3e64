import softmaxKernel from '../../shaders/softmax.wgsl';
import { resolveAxis, type Shape, sizeOf } from '../core/shape';
import {
  elemOf,
  type LowerContext,
  type Lowering,
  type OpDef,
  read,
  type Shader,
  u32,
  write,
} from '../ir/op';
import { checkCount, checkFloat } from './common';
import { byRows, type Rows } from './rows';

export function rowsOf(shape: Shape, axis: number): Rows {
  const at = resolveAxis(axis, shape.length, 'softmax');
  const size = shape[at];
  return { count: sizeOf(shape) / size, size, inner: sizeOf(shape.slice(at + 1)) };
}

/** Where the elements of row `row` are. */
export function indicesOf({ size, inner }: Rows, row: number): number[] {
  const start = Math.floor(row / inner) * size * inner + (row % inner);
  return Array.from({ length: size }, (_, i) => start + i * inner);
}

/** `softmax [x] {axis}` and `logSoftmax [x] {axis}`. */
export const softmaxOp = /* @__PURE__ */ forward('softmax');
export const logSoftmaxOp = /* @__PURE__ */ forward('logSoftmax');

export interface SoftmaxOp extends OpDef {
  readonly name: 'softmax' | 'logSoftmax';
}

function forward(name: SoftmaxOp['name']): SoftmaxOp {
  return {
    name,
    infer(inputs, attrs, where) {
      checkCount(inputs, 1, where);
      checkFloat(inputs, where);
      resolveAxis(attrs.axis as number, inputs[0].shape.length, where);
      return [inputs[0]];
    },
    reference([x], { inputs, attrs }) {
      const rows = rowsOf(inputs[0].shape, attrs.axis as number);
      const y = new Float64Array(x.length);
      for (let row = 0; row < rows.count; row++) {
        const indices = indicesOf(rows, row);
        const peak = indices.reduce((most, i) => Math.max(most, x[i]), Number.NEGATIVE_INFINITY);
        const total = indices.reduce((sum, i) => sum + Math.exp(x[i] - peak), 0);
        for (const i of indices) {
          const log = x[i] - peak - Math.log(total);
          y[i] = name === 'softmax' ? Math.exp(log) : log;
        }
      }
      return [y];
    },
    lower: (context) => lowerSoftmax(name, softmaxKernel, context),
  };
}

export function lowerSoftmax(
  name: SoftmaxOp['name'],
  kernel: Shader,
  { inputs, attrs, adapter }: LowerContext,
): Lowering[] {
  const { shape, dtype } = inputs[0];
  const rows = rowsOf(shape, attrs.axis as number);
  return byRows(rows, adapter, {
    kernel,
    elem: elemOf(dtype),
    constants: { logarithm: name === 'logSoftmax' ? 1 : 0 },
    params: [u32(rows.count), u32(rows.size), u32(rows.inner)],
    bindings: [...inputs.map((_, i) => read(i)), write(0)],
    flops: 4 * sizeOf(shape),
  });
}
