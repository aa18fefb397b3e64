import maxPoolArgmaxKernel from '../../shaders/max_pool_argmax.wgsl';
import maxPoolGradKernel from '../../shaders/max_pool_grad.wgsl';
import type { Gradient, Gradients } from '../ir/gradient';
import {
  type LowerContext,
  type Lowering,
  type OpDef,
  read,
  readTemp,
  write,
  writeTemp,
} from '../ir/op';
import { checkCount, checkFloat, checkShapeIs } from './common';
import { firstMaximum, LOWEST, maxPool2dOp } from './max-pool';
import { forEachWindow, poolDispatch, pooledShape, poolOf } from './pool';
import { reach } from './window';

/** `maxPool2dGrad [x, dy]`: finds each window's maximum again. */
export const maxPool2dGradOp: OpDef = {
  name: 'maxPool2dGrad',
  gradientOf: maxPool2dOp,
  infer(inputs, attrs, where) {
    checkCount(inputs, 2, where);
    checkFloat(inputs, where);
    checkShapeIs(inputs[1], pooledShape(inputs[0], attrs, where), where, 'dy');
    return [inputs[0]];
  },
  reference([x, dy], { inputs, attrs }) {
    const dx = new Float64Array(x.length);
    forEachWindow(inputs[0], inputs[1], attrs, (output, window) => {
      const at = firstMaximum(x, window);
      if (at !== undefined) dx[at] += dy[output];
    });
    return [dx];
  },
  lower: lowerGrad,
};

/**
 * Where no pixel is in two windows a thread writes all pixels of its window and up to the next; else
 * the places of the maxima are found first, and each pixel looks at those of the windows over it.
 */
function lowerGrad(context: LowerContext): Lowering[] {
  const [x, pooled] = context.inputs;
  const { size, strides, dilations } = poolOf(context.attrs, 'maxPool2dGrad');
  const find = {
    kernel: maxPoolArgmaxKernel,
    params: [LOWEST],
    bindings: [read(0), writeTemp(0)],
  };
  const gather = {
    kernel: maxPoolGradKernel,
    entry: 'gather',
    params: [LOWEST],
    bindings: [readTemp(0), read(1), write(0)],
  };
  const gathering: Lowering = {
    name: 'gather',
    temps: [{ dtype: 'i32', shape: pooled.shape }],
    dispatches: [
      poolDispatch(find, x, pooled, pooled, context),
      poolDispatch(gather, x, pooled, x, context),
    ],
  };
  const apart = [0, 1].every((axis) => reach(size[axis], dilations[axis]) <= strides[axis]);
  if (!apart) return [gathering];
  const cells = {
    kernel: maxPoolGradKernel,
    entry: 'cells',
    params: [LOWEST],
    bindings: [read(0), read(1), write(0)],
  };
  const owning = poolDispatch(cells, x, pooled, pooled, context);
  return [{ name: 'cells', dispatches: [owning] }, gathering];
}

const maxPool2dGradient: Gradient = ({ g, node, dOutputs: [dy] }) => [
  g.op(maxPool2dGradOp, [node.inputs[0], dy!], node.attrs),
];

export const maxPoolGradients: Gradients = [[maxPool2dOp, maxPool2dGradient]];
