import batchMatmulKernel from '../../shaders/batch_matmul.wgsl';
import { ShapeError } from '../core/errors';
import { broadcastShapes, formatShape, type Shape, sizeOf, stridesOf } from '../core/shape';
import type { Attrs, TensorType } from '../ir/graph';
import { elemOf, gridOf, type OpDef, read, u32, write } from '../ir/op';
import { broadcastStrides, mergeAxes } from './binary';
import { checkCount, checkFloat } from './common';
import { innermostFirst } from './strided-copy';

/** Rows and columns that a thread does. */
const TILE = 4;

/** One operand as rows × columns, whichever way it lies in memory. */
interface Operand {
  readonly batch: Shape;
  readonly rows: number;
  readonly columns: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

function operandOf({ shape }: TensorType, transposed: boolean): Operand {
  const [height, width] = shape.slice(-2);
  const batch = shape.slice(0, -2);
  return transposed
    ? { batch, rows: width, columns: height, rowStride: 1, columnStride: width }
    : { batch, rows: height, columns: width, rowStride: width, columnStride: 1 };
}

function operandsOf([a, b]: readonly TensorType[], attrs: Attrs) {
  return {
    left: operandOf(a, attrs.transposeA === true),
    right: operandOf(b, attrs.transposeB === true),
  };
}

/**
 * `batchMatmul [a […, m, k], b […, k, n]] {transposeA = false, transposeB = false}` → […, m, n]: the
 * product of the last two dimensions, those before broadcasting; each operand may lie transposed.
 */
export const batchMatmulOp: OpDef = {
  name: 'batchMatmul',
  infer(inputs, attrs, where) {
    checkCount(inputs, 2, where);
    checkFloat(inputs, where);
    const found = inputs.map(({ shape }) => formatShape(shape)).join(' and ');
    if (inputs.some(({ shape }) => shape.length < 2)) {
      throw new ShapeError({ where, rule: 'both operands have at least 2 dimensions', found });
    }
    const { left, right } = operandsOf(inputs, attrs);
    if (left.columns !== right.rows) {
      throw new ShapeError({
        where,
        rule: 'the left operand has as many columns as the right one has rows',
        found: `${left.columns} and ${right.rows} (${found})`,
      });
    }
    const batch = broadcastShapes(left.batch, right.batch, where);
    return [{ dtype: inputs[0].dtype, shape: [...batch, left.rows, right.columns] }];
  },
  reference([a, b], { inputs, attrs, outputs }) {
    const { left, right } = operandsOf(inputs, attrs);
    const batch = outputs[0].shape.slice(0, -2);
    const size = left.rows * right.columns;
    const y = new Float64Array(sizeOf(outputs[0].shape));
    for (let n = 0; n < sizeOf(batch); n++) {
      const aStart = startOf(n, left, batch);
      const bStart = startOf(n, right, batch);
      for (let at = 0; at < size; at++) {
        const [row, column] = [Math.floor(at / right.columns), at % right.columns];
        for (let k = 0; k < left.columns; k++) {
          y[n * size + at] +=
            a[aStart + row * left.rowStride + k * left.columnStride] *
            b[bStart + k * right.rowStride + column * right.columnStride];
        }
      }
    }
    return [y];
  },
  lower({ inputs, attrs, outputs: [y], adapter }) {
    const { left, right } = operandsOf(inputs, attrs);
    const batch = y.shape.slice(0, -2);
    const merged = mergeAxes(batch, [strides(left, batch), strides(right, batch)]);
    const tiles = [Math.ceil(left.rows / TILE), Math.ceil(right.columns / TILE)];
    const threads = sizeOf(batch) * tiles[0] * tiles[1];
    const dispatch = {
      kernel: batchMatmulKernel,
      elem: elemOf(y.dtype),
      params: [
        ...[threads, left.rows, left.columns, right.columns].map(u32),
        ...[left.rowStride, left.columnStride, right.rowStride, right.columnStride].map(u32),
        ...[merged.shape.length, tiles[0], tiles[1], 0].map(u32),
        ...innermostFirst(merged.shape),
        ...merged.strides.flatMap(innermostFirst),
      ],
      bindings: [read(0), read(1), write(0)],
      workgroups: gridOf(Math.ceil(threads / 64), adapter),
      flops: 2 * sizeOf(y.shape) * left.columns,
    };
    return [{ name: 'tiles', dispatches: [dispatch] }];
  },
};

/** Strides of the operand's matrices along the product's batch dimensions. */
function strides({ batch, rows, columns }: Operand, shape: Shape): number[] {
  return broadcastStrides(batch, shape).map((stride) => stride * rows * columns);
}

/** Where the operand's matrix for batch `n` starts. */
function startOf(n: number, operand: Operand, batch: Shape): number {
  const own = stridesOf(batch);
  return strides(operand, batch).reduce(
    (sum, stride, axis) => sum + stride * (Math.floor(n / own[axis]) % batch[axis]),
    0,
  );
}
