import { resolveAxis, type Shape, sizeOf } from '../core/shape';
import { elemOf, type LowerContext, type Lowering, type OpDef, read, u32, write } from '../ir/op';
import { checkCount, checkFloat, checkShapeIs } from './common';
import { byRows, type Rows } from './rows';

function rowsOf(shape: Shape, axis: number): Rows {
  const at = resolveAxis(axis, shape.length, 'softmax');
  const size = shape[at];
  return { count: sizeOf(shape) / size, size, inner: sizeOf(shape.slice(at + 1)) };
}

/** Where the elements of row `row` are. */
function indicesOf({ size, inner }: Rows, row: number): number[] {
  const start = Math.floor(row / inner) * size * inner + (row % inner);
  return Array.from({ length: size }, (_, i) => start + i * inner);
}

/** `softmax [x] {axis}` and `logSoftmax [x] {axis}`, with their gradients `…Grad [y, dy] {axis}`. */
export const softmaxOps: OpDef[] = [
  forward('softmax', 'eˣ/Σeˣ along an axis'),
  backward('softmax'),
  forward('logSoftmax', 'x − log Σeˣ along an axis'),
  backward('logSoftmax'),
];

function forward(name: 'softmax' | 'logSoftmax', summary: string): OpDef {
  return {
    name,
    summary,
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
    lower: (context) => lowerRows(name, 'main', context),
    gradient: ({ g, node, dOutputs: [dy] }) => [
      g.op(`${name}Grad`, [node.outputs[0], dy!], node.attrs),
    ],
  };
}

/** dx = y·(dy − Σ y·dy), and for the logarithm dx = dy − eʸ·Σ dy. */
function backward(name: 'softmax' | 'logSoftmax'): OpDef {
  return {
    name: `${name}Grad`,
    summary: `gradient of ${name}`,
    infer(inputs, attrs, where) {
      checkCount(inputs, 2, where);
      checkFloat(inputs, where);
      checkShapeIs(inputs[1], inputs[0].shape, where, 'dy');
      resolveAxis(attrs.axis as number, inputs[0].shape.length, where);
      return [inputs[0]];
    },
    reference([y, dy], { inputs, attrs }) {
      const rows = rowsOf(inputs[0].shape, attrs.axis as number);
      const dx = new Float64Array(y.length);
      for (let row = 0; row < rows.count; row++) {
        const indices = indicesOf(rows, row);
        const weight = (i: number) => (name === 'softmax' ? y[i] : 1);
        const total = indices.reduce((sum, i) => sum + weight(i) * dy[i], 0);
        for (const i of indices) {
          dx[i] = name === 'softmax' ? y[i] * (dy[i] - total) : dy[i] - Math.exp(y[i]) * total;
        }
      }
      return [dx];
    },
    lower: (context) => lowerRows(name, 'backward', context),
  };
}

function lowerRows(
  name: 'softmax' | 'logSoftmax',
  entry: 'main' | 'backward',
  { inputs, attrs, adapter }: LowerContext,
): Lowering[] {
  const { shape, dtype } = inputs[0];
  const rows = rowsOf(shape, attrs.axis as number);
  return byRows(rows, adapter, {
    kernel: 'softmax',
    entry,
    elem: elemOf(dtype),
    constants: { logarithm: name === 'logSoftmax' ? 1 : 0 },
    params: [u32(rows.count), u32(rows.size), u32(rows.inner)],
    bindings: [...inputs.map((_, i) => read(i)), write(0)],
    flops: 4 * sizeOf(shape),
  });
}
