import { GraphError } from '../core/errors';
import { formatShape, sameShape } from '../core/shape';
import type { Graph, TensorType, Value } from './graph';

/** Throws a {@link GraphError} where `graph` breaks a rule of the IR. Run after every pass. */
export function verify(graph: Graph): void {
  const defined = new Set<Value>();
  const define = (value: Value, where: string) => {
    if (defined.has(value)) throw new GraphError({ where, rule: 'a value has one producer' });
    defined.add(value);
  };
  const use = (value: Value, where: string) => {
    if (!defined.has(value)) {
      throw new GraphError({
        where,
        rule: 'a value is produced before it is used',
        found: `%${value.id} "${value.name}"`,
      });
    }
  };

  for (const value of [...graph.inputs, ...graph.states]) define(value, `"${value.name}"`);
  for (const { value } of graph.constants) define(value, `constant "${value.name}"`);
  for (const node of graph.nodes) {
    const where = `${node.op.name} "${node.name}"`;
    for (const value of node.inputs) use(value, where);
    const types = node.op.infer(node.inputs, node.attrs, where);
    if (types.length !== node.outputs.length || !types.every((t, i) => same(t, node.outputs[i]))) {
      throw new GraphError({
        where,
        rule: `outputs are ${types.map(formatType).join(', ')} by the op's shape rule`,
        found: node.outputs.map(formatType).join(', '),
      });
    }
    for (const value of node.outputs) define(value, where);
  }
  for (const [name, value] of graph.outputs) use(value, `output "${name}"`);
  const states = new Set(graph.states);
  for (const [state, value] of graph.updates) {
    const where = `update of "${state.name}"`;
    if (!states.has(state)) throw new GraphError({ where, rule: 'only states are updated' });
    use(value, where);
    if (!same(state, value)) {
      throw new GraphError({
        where,
        rule: `the new value has the state's type ${formatType(state)}`,
        found: formatType(value),
      });
    }
  }
}

function same(a: TensorType, b: TensorType): boolean {
  return a.dtype === b.dtype && sameShape(a.shape, b.shape);
}

/** `f32[8,32,32,4]` */
export function formatType({ dtype, shape }: TensorType): string {
  return `${dtype}${formatShape(shape)}`;
}
