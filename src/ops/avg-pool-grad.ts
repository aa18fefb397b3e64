import { sizeOf } from '../core/shape';
import type { Gradient, Gradients } from '../ir/gradient';
import type { OpDef } from '../ir/op';
import { avgPool2dOp, divisor, lowerAverage } from './avg-pool';
import { checkCount, checkFloat, checkShapeIs } from './common';
import { forEachWindow, pooledShape } from './pool';

/** `avgPool2dGrad [dy]`, attributes as avgPool2d and `image: [height, width]` of x. */
export const avgPool2dGradOp: OpDef = {
  name: 'avgPool2dGrad',
  gradientOf: avgPool2dOp,
  infer(inputs, attrs, where) {
    checkCount(inputs, 1, where);
    checkFloat(inputs, where);
    const { dtype, shape } = inputs[0];
    const [height, width] = attrs.image as readonly number[];
    const x = { dtype, shape: [shape[0], height, width, shape[3]] };
    checkShapeIs(inputs[0], pooledShape(x, attrs, where), where, 'dy');
    return [x];
  },
  reference([dy], { inputs, attrs, outputs }) {
    const dx = new Float64Array(sizeOf(outputs[0].shape));
    forEachWindow(outputs[0], inputs[0], attrs, (output, window) => {
      for (const i of window) dx[i] += dy[output] / divisor(attrs, window);
    });
    return [dx];
  },
  lower: (context) => lowerAverage(context, 'backward', context.outputs[0], context.inputs[0]),
};

const avgPool2dGradient: Gradient = ({ g, node, dOutputs: [dy] }) => {
  const [, height, width] = node.inputs[0].shape;
  return [g.op(avgPool2dGradOp, [dy!], { ...node.attrs, image: [height, width] })];
};

export const avgPoolGradients: Gradients = [[avgPool2dOp, avgPool2dGradient]];
