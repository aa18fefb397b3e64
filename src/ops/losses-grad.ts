import type { Gradient, Gradients } from '../ir/gradient';
import { affineOp, sigmoidOp } from './activations';
import { mulOp, subOp } from './binary';
import { sigmoidCrossEntropyOp } from './losses';

const sigmoidCrossEntropyGradient: Gradient = ({ g, node, dOutputs: [dy], wanted }) => {
  const [x, t] = node.inputs;
  const error = () => g.op(subOp, [g.op(sigmoidOp, [x]), t]);
  return [
    wanted[0] ? g.op(mulOp, [error(), dy!]) : undefined,
    wanted[1] ? g.op(affineOp, [g.op(mulOp, [x, dy!])], { scale: -1 }) : undefined,
  ];
};

export const lossGradients: Gradients = [[sigmoidCrossEntropyOp, sigmoidCrossEntropyGradient]];
