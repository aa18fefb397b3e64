import { type Shape, sizeOf } from '../core/shape';
import type { Gradient, Gradients } from '../ir/gradient';
import { elemOf, type OpDef, read, write } from '../ir/op';
import { checkCount, checkFloat, checkShapeIs } from './common';
import { inputLast } from './common-grad';
import {
  conv2dOp,
  conv2dTransposeOp,
  convolvedShape,
  forEachProduct,
  geometryOf,
  transposed,
} from './conv';
import { adjoint } from './conv-geometry';
import { lowerConv } from './conv-lower';
import { lowerFilterGradient } from './conv-lower-filter';
import { withResidual } from './epilogue';
import { epilogueGradient, withoutEpilogue } from './epilogue-grad';
import { reduceSumOp } from './reduce';

/** (dy, w) → dx of the shape `inputShape`. */
export const conv2dInputGradOp: OpDef = {
  name: 'conv2dInputGrad',
  gradientOf: conv2dOp,
  infer(inputs, attrs, where) {
    checkCount(inputs, 2, where);
    checkFloat(inputs, where);
    const [dy, w] = inputs;
    const dx = { dtype: dy.dtype, shape: attrs.inputShape as Shape };
    checkShapeIs(dy, convolvedShape(dx, w.shape, attrs, where), where, 'the output gradient');
    return [dx];
  },
  reference: ([dy, w], signature) => [transposed(dy, w, signature)],
  lower({ inputs: [dy, w], outputs: [dx], attrs, adapter }) {
    return lowerConv(adjoint(geometryOf(dx.shape, w.shape, dy.shape, attrs)), {
      tensors: { x: read(0), w: read(1), y: write(0) },
      swapped: true,
      elem: elemOf(dy.dtype),
      adapter,
    });
  },
};

/** (x, dy) → dw of the shape `kernelShape`. */
export const conv2dFilterGradOp: OpDef = {
  name: 'conv2dFilterGrad',
  gradientOf: conv2dOp,
  infer(inputs, attrs, where) {
    checkCount(inputs, 2, where);
    checkFloat(inputs, where);
    const [x, dy] = inputs;
    const shape = attrs.kernelShape as Shape;
    checkShapeIs(dy, convolvedShape(x, shape, attrs, where), where, 'the output gradient');
    return [{ dtype: x.dtype, shape }];
  },
  reference([x, dy], { inputs, outputs, attrs }) {
    const dw = new Float64Array(sizeOf(outputs[0].shape));
    forEachProduct(inputs[0].shape, outputs[0].shape, inputs[1].shape, attrs, (xi, wi, yi) => {
      dw[wi] += x[xi] * dy[yi];
    });
    return [dw];
  },
  lower({ inputs: [x, dy], outputs: [dw], attrs, adapter }) {
    return lowerFilterGradient(geometryOf(x.shape, dw.shape, dy.shape, attrs), {
      tensors: { x: read(0), dy: read(1), dw: write(0) },
      elem: elemOf(x.dtype),
      adapter,
    });
  },
};

const conv2dGradient: Gradient = ({ g, node, dOutputs: [dy], wanted }) => {
  const { inputs, outputs } = node;
  const attrs = withoutEpilogue(node.attrs);
  const d = epilogueGradient(g, node, outputs[0], dy!);
  const { own } = withResidual(inputs, node.attrs);
  const gradients = [
    () => g.op(conv2dInputGradOp, [d, inputs[1]], { ...attrs, inputShape: inputs[0].shape }),
    () => g.op(conv2dFilterGradOp, [inputs[0], d], { ...attrs, kernelShape: inputs[1].shape }),
    () => g.op(reduceSumOp, [d], { axes: [0, 1, 2], keepDims: false }),
  ].slice(0, own.length);
  return inputLast([...gradients, () => d], wanted);
};

const conv2dTransposeGradient: Gradient = ({
  g,
  node: { inputs, attrs },
  dOutputs: [dy],
  wanted,
}) => {
  const { outputPadding: _, ...window } = attrs;
  const gradients = [
    () => g.op(conv2dOp, [dy!, inputs[1]], window),
    () => g.op(conv2dFilterGradOp, [dy!, inputs[0]], { ...window, kernelShape: inputs[1].shape }),
    () => g.op(reduceSumOp, [dy!], { axes: [0, 1, 2], keepDims: false }),
  ];
  return inputLast(gradients.slice(0, inputs.length), wanted);
};

export const convGradients: Gradients = [
  [conv2dOp, conv2dGradient],
  [conv2dTransposeOp, conv2dTransposeGradient],
];
