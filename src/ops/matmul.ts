import { ShapeError } from '../core/errors';
import { formatShape, sizeOf } from '../core/shape';
import type { Attrs, TensorType } from '../ir/graph';
import { type AdapterTraits, elemOf, type Lowering, type OpDef, read, write } from '../ir/op';
import { checkCount, checkFloat, checkShapeIs } from './common';
import { matrixGeometry } from './conv-geometry';
import { arrangedWeights, lowerConv } from './conv-lower';
import { lowerFilterGradient } from './conv-lower-filter';
import { checkEpilogue, epilogue, withResidual } from './epilogue';
import { lowerMatmulQuads } from './matmul-lower';

/** y[…,o] = bias[o] + Σ x[…,i]·w[i,o]. A residual and an activation may follow: see `./epilogue`. */
export const denseOp: OpDef = {
  name: 'dense',
  epilogue: true,
  infer(inputs, attrs, where) {
    const { own, residual } = withResidual(inputs, attrs);
    checkCount(own, 2, where, 3);
    checkFloat(inputs, where);
    const [x, w, bias] = own;
    checkMatrix(w, where, 'the weight tensor');
    if (x.shape.length < 2) {
      throw new ShapeError({
        where,
        rule: 'the input has at least 2 dimensions (batch first, features last)',
        found: formatShape(x.shape),
      });
    }
    const features = x.shape[x.shape.length - 1];
    if (features !== w.shape[0]) {
      const shape = formatShape(x.shape);
      throw new ShapeError({
        where,
        rule: `weights expect ${w.shape[0]} features, the input has ${features} (shape ${shape})`,
      });
    }
    if (bias) checkShapeIs(bias, [w.shape[1]], where, 'the bias');
    const y = { dtype: x.dtype, shape: [...x.shape.slice(0, -1), w.shape[1]] };
    checkEpilogue(y, residual, attrs, where);
    return [y];
  },
  reference(tensors, { inputs, attrs }) {
    const { own, residual } = withResidual(tensors, attrs);
    const [x, w, bias] = own;
    const [inner, columns] = inputs[1].shape;
    const y = product(x, w, x.length / inner, inner, columns);
    return [epilogue(bias ? y.map((sum, i) => sum + bias[i % columns]) : y, attrs, residual)];
  },
  lower({ inputs, attrs, adapter }) {
    const { own, residual } = withResidual(inputs, attrs);
    const [x, w, bias] = own;
    const [inner, columns] = w.shape;
    const rows = sizeOf(x.shape) / inner;
    const more = {
      bias: bias && read(2),
      residual: residual && read(own.length),
      y: write(0),
    };
    const target = { epilogue: attrs, elem: elemOf(x.dtype), adapter };
    return preferred(
      adapter,
      lowerMatmulQuads({
        ...target,
        rows,
        inner,
        columns,
        tensors: { a: read(0), b: read(1), ...more },
      }),
      lowerConv(matrixGeometry(rows, inner, columns), {
        ...target,
        tensors: { x: read(0), w: read(1), ...more },
      }),
    );
  },
};

/** op(a)·op(b), where op transposes if asked to. */
export const matmulOp: OpDef = {
  name: 'matmul',
  infer(inputs, attrs, where) {
    checkCount(inputs, 2, where);
    checkFloat(inputs, where);
    const [a, b] = inputs;
    checkMatrix(a, where, 'the left operand');
    checkMatrix(b, where, 'the right operand');
    const { rows, inner, columns } = sizesOf(a, b, attrs);
    const right = attrs.transposeB ? b.shape[1] : b.shape[0];
    if (inner !== right) {
      const flags = `${attrs.transposeA ? 'ᵀ' : ''}·${formatShape(b.shape)}${attrs.transposeB ? 'ᵀ' : ''}`;
      throw new ShapeError({
        where,
        rule: 'the left operand has as many columns as the right one has rows',
        found: `${inner} and ${right} (${formatShape(a.shape)}${flags})`,
      });
    }
    return [{ dtype: a.dtype, shape: [rows, columns] }];
  },
  reference([a, b], { inputs, attrs }) {
    const { rows, inner, columns } = sizesOf(inputs[0], inputs[1], attrs);
    const left = attrs.transposeA ? transpose(a, inner, rows) : a;
    const right = attrs.transposeB ? transpose(b, columns, inner) : b;
    return [product(left, right, rows, inner, columns)];
  },
  lower({ inputs: [a, b], attrs, adapter }) {
    const { rows, inner, columns } = sizesOf(a, b, attrs);
    const target = { elem: elemOf(a.dtype), adapter };
    const geometry = matrixGeometry(rows, inner, columns);
    const swapped = attrs.transposeB === true;
    const quads = lowerMatmulQuads({
      ...target,
      rows,
      inner,
      columns,
      transposeA: attrs.transposeA === true,
      transposeB: swapped,
      tensors: { a: read(0), b: read(1), y: write(0) },
    });
    if (!attrs.transposeA) {
      const tensors = { x: read(0), w: read(1), y: write(0) };
      return preferred(adapter, quads, lowerConv(geometry, { ...target, tensors, swapped }));
    }
    // aᵀ·b is the weight gradient of a dense layer with input a and output gradient b.
    const byFilters = lowerFilterGradient(matrixGeometry(inner, rows, columns), {
      ...target,
      tensors: { x: read(0), dy: swapped ? undefined : read(1), dw: write(0) },
      prologue: swapped ? arrangedWeights(geometry, read(1), columns, true, target) : undefined,
    });
    return preferred(adapter, quads, byFilters);
  },
};

/** Tiles in registers win where workgroup memory gains nothing. */
function preferred(
  { software }: AdapterTraits,
  quads: readonly Lowering[],
  others: readonly Lowering[],
): Lowering[] {
  return software ? [...quads, ...others] : [...others, ...quads];
}

function checkMatrix(type: TensorType, where: string, name: string): void {
  if (type.shape.length === 2) return;
  throw new ShapeError({ where, rule: `${name} is a matrix`, found: formatShape(type.shape) });
}

function sizesOf(a: TensorType, b: TensorType, attrs: Attrs) {
  const [rows, inner] = attrs.transposeA ? [a.shape[1], a.shape[0]] : a.shape;
  return { rows, inner, columns: attrs.transposeB ? b.shape[0] : b.shape[1] };
}

function product(
  a: Float64Array,
  b: Float64Array,
  rows: number,
  inner: number,
  columns: number,
): Float64Array {
  return Float64Array.from({ length: rows * columns }, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    let sum = 0;
    for (let i = 0; i < inner; i++) sum += a[row * inner + i] * b[i * columns + column];
    return sum;
  });
}

function transpose(a: Float64Array, rows: number, columns: number): Float64Array {
  return a.map((_, at) => a[(at % rows) * columns + Math.floor(at / rows)]);
}
