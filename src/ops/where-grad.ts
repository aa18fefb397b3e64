import type { Gradient, Gradients } from '../ir/gradient';
import { sumTo } from './sum-to';
import { whereOp } from './where';

const whereGradient: Gradient = ({ g, node, dOutputs: [dy], wanted }) => {
  const [condition, a, b] = node.inputs;
  const zero = g.fill(0, { dtype: dy!.dtype, shape: [] });
  const da = () => sumTo(g, g.op(whereOp, [condition, dy!, zero]), a.shape);
  const db = () => sumTo(g, g.op(whereOp, [condition, zero, dy!]), b.shape);
  return [undefined, wanted[1] ? da() : undefined, wanted[2] ? db() : undefined];
};

export const whereGradients: Gradients = [[whereOp, whereGradient]];
