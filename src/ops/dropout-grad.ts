import type { Gradient, Gradients } from '../ir/gradient';
import { dropoutOp } from './dropout';

const dropoutGradient: Gradient = ({ g, node, dOutputs: [dy] }) => [
  g.op(dropoutOp, [dy!, node.inputs[1]], node.attrs),
  undefined,
];

export const dropoutGradients: Gradients = [[dropoutOp, dropoutGradient]];
