import { decode } from './decode';
import { type CheckedGraph, checkGraph } from './graph';
import { MODEL, type ValueInfoProto } from './messages';
import { OPERATORS } from './ops';

/** An input or output as the file describes it. */
export interface OnnxPort {
  readonly name: string;
  /** ONNX's number of the element type. */
  readonly type: number | undefined;
  /** Numbers, names, or null for what the file leaves open. Undefined where it gives no shape. */
  readonly dims: readonly (number | string | null)[] | undefined;
  /** Whether its numbers are needed at import, as `values`: weights, shapes, axes. */
  readonly known: boolean;
}

export interface OnnxSummary {
  readonly producer: string;
  readonly opset: number;
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
  /** How often each operator comes, and whether it is supported. */
  readonly operators: ReadonlyMap<string, { readonly count: number; readonly supported: boolean }>;
}

/** What is in a model file, without importing it. Throws a FormatError as `readOnnx` does. */
export function inspectOnnx(bytes: Uint8Array, name = 'ONNX model'): OnnxSummary {
  const proto = decode(MODEL, bytes, name);
  const graph = checkGraph(proto, name);
  const known = knownNames(graph);
  const operators = new Map<string, { count: number; supported: boolean }>();
  for (const { op } of graph.nodes) {
    const count = (operators.get(op)?.count ?? 0) + 1;
    operators.set(op, { count, supported: OPERATORS.has(op) });
  }
  const ports = (infos: ReadonlyMap<string, ValueInfoProto>) =>
    [...infos].map(([name, info]) => portOf(name, info, known.has(name)));
  return {
    producer: [proto.producer_name, proto.producer_version].filter(Boolean).join(' '),
    opset: graph.opset,
    inputs: ports(graph.inputs),
    outputs: ports(graph.outputs),
    operators,
  };
}

function portOf(name: string, info: ValueInfoProto, known: boolean): OnnxPort {
  const tensor = info.type?.tensor_type;
  const dims = tensor?.shape?.dim.map(
    ({ dim_value, dim_param }) => dim_value ?? (dim_param || null),
  );
  return { name, type: tensor?.elem_type, dims, known };
}

/** Names of tensors whose numbers decide what layers there are, and of all that they are made of. */
function knownNames({ nodes }: CheckedGraph): Set<string> {
  const names = new Set<string>();
  for (const { proto, op } of [...nodes].reverse()) {
    const wanted = OPERATORS.get(op)?.known ?? [];
    for (const index of wanted) if (proto.input[index]) names.add(proto.input[index]);
    // Shapes are known whatever the numbers are.
    if (op === 'Shape' || op === 'Size' || !proto.output.some((name) => names.has(name))) continue;
    for (const input of proto.input) if (input) names.add(input);
  }
  return names;
}
