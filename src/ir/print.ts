import type { Attrs, Graph, Value } from './graph';
import { formatType } from './verify';

/** The graph as text, a line a value: stable, so that it can be compared and kept in snapshots. */
export function printGraph(graph: Graph): string {
  const lines: string[] = [];
  const ref = (value: Value) => `%${value.id}`;
  const leaf = (kind: string, value: Value) =>
    lines.push(`${kind} ${ref(value)} ${formatType(value)} "${value.name}"`);
  for (const value of graph.inputs) leaf('input', value);
  for (const value of graph.states) leaf('state', value);
  for (const { value } of graph.constants) leaf('constant', value);
  for (const node of graph.nodes) {
    const outputs = node.outputs.map((value) => `${ref(value)} ${formatType(value)}`).join(', ');
    const call = `${node.op.name}(${node.inputs.map(ref).join(', ')})${printAttrs(node.attrs)}`;
    lines.push(`${outputs} = ${call} "${node.name}"`);
  }
  for (const [name, value] of graph.outputs) lines.push(`output "${name}" ${ref(value)}`);
  for (const [state, value] of graph.updates) {
    lines.push(`update "${state.name}" ${ref(state)} := ${ref(value)}`);
  }
  return `${lines.join('\n')}\n`;
}

function printAttrs(attrs: Attrs): string {
  const entries = Object.entries(attrs);
  if (!entries.length) return '';
  return ` {${entries.map(([key, value]) => `${key}: ${JSON.stringify(value)}`).join(', ')}}`;
}
