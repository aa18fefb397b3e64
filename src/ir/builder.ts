import { encodeArray, type NumericArray } from '../core/dtype';
import { GraphError, NameError, ShapeError } from '../core/errors';
import { checkShape, formatShape, sizeOf } from '../core/shape';
import type { NodeBuilder } from './gradient';
import type { Attrs, Constant, Graph, Node, TensorType, Value } from './graph';
import type { OpDef } from './op';
import { verify } from './verify';

/** Builds a graph node by node, checking each as it comes. `build()` may be called at any time. */
export class GraphBuilder implements NodeBuilder {
  readonly #inputs: Value[] = [];
  readonly #states: Value[] = [];
  readonly #constants: Constant[] = [];
  readonly #nodes: Node[] = [];
  readonly #outputs = new Map<string, Value>();
  readonly #updates = new Map<Value, Value>();
  readonly #names = new Set<string>();
  #scope: string[] = [];
  #nextValue = 0;
  #nextNode = 0;

  /** A builder that goes on where `graph` ends. `graph` itself is left as it is. */
  static extend(graph: Graph): GraphBuilder {
    const builder = new GraphBuilder();
    builder.#inputs.push(...graph.inputs);
    builder.#states.push(...graph.states);
    builder.#constants.push(...graph.constants);
    builder.#nodes.push(...graph.nodes);
    for (const [name, value] of graph.outputs) builder.#outputs.set(name, value);
    for (const [state, value] of graph.updates) builder.#updates.set(state, value);
    for (const value of [...graph.inputs, ...graph.states]) builder.#names.add(value.name);
    const values = [
      ...graph.inputs,
      ...graph.states,
      ...graph.constants.map((constant) => constant.value),
      ...graph.nodes.flatMap((node) => node.outputs),
    ];
    builder.#nextValue = 1 + Math.max(-1, ...values.map((value) => value.id));
    builder.#nextNode = 1 + Math.max(-1, ...graph.nodes.map((node) => node.id));
    return builder;
  }

  /** A tensor that each run is given. */
  input(name: string, type: TensorType): Value {
    return this.#named(this.#inputs, name, type);
  }

  /** A tensor that is remembered between runs: a parameter, a running statistic, a counter. */
  state(name: string, type: TensorType): Value {
    return this.#named(this.#states, name, type);
  }

  constant(values: NumericArray, type: TensorType, name = 'constant'): Value {
    checkShape(type.shape, name);
    if (values.length !== sizeOf(type.shape)) {
      throw new ShapeError({
        where: `constant "${name}"`,
        rule: `shape ${formatShape(type.shape)} takes ${sizeOf(type.shape)} numbers`,
        found: String(values.length),
      });
    }
    const value = this.#value(name, type);
    this.#constants.push({ value, data: encodeArray(type.dtype, values) });
    return value;
  }

  /** A constant f32 scalar. */
  scalar(number: number): Value {
    return this.constant([number], { dtype: 'f32', shape: [] }, String(number));
  }

  /** A constant filled with one number. */
  fill(number: number, type: TensorType): Value {
    return this.constant(new Float32Array(sizeOf(type.shape)).fill(number), type, String(number));
  }

  /** Applies an op; gives all its outputs. `name` defaults to the op's name in the current scope. */
  apply(op: OpDef, inputs: readonly Value[], attrs: Attrs = {}, name?: string): Value[] {
    const path = [...this.#scope, ...(name ? [name] : this.#scope.length ? [] : [op.name])].join(
      '/',
    );
    const where = `${op.name} "${path}"`;
    const types = op.infer(inputs, attrs, where);
    const outputs = types.map((type, i) => {
      checkShape(type.shape, where);
      return this.#value(types.length > 1 ? `${path}:${i}` : path, type);
    });
    this.#nodes.push({ id: this.#nextNode++, op, name: path, inputs: [...inputs], outputs, attrs });
    return outputs;
  }

  /** Applies an op with one output. */
  op(op: OpDef, inputs: readonly Value[], attrs: Attrs = {}, name?: string): Value {
    const outputs = this.apply(op, inputs, attrs, name);
    if (outputs.length !== 1) {
      throw new GraphError({
        where: `op "${op.name}"`,
        rule: 'an op taken for its only output has one',
        found: `${outputs.length} outputs`,
        remedy: 'Use apply().',
      });
    }
    return outputs[0];
  }

  output(name: string, value: Value): void {
    if (this.#outputs.has(name)) {
      throw new NameError({ where: `output "${name}"`, rule: 'output names are unique' });
    }
    this.#outputs.set(name, value);
  }

  /** After each run `state` holds `value`. */
  update(state: Value, value: Value): void {
    if (this.#updates.has(state)) {
      throw new GraphError({
        where: `state "${state.name}"`,
        rule: 'a state is updated once a run',
      });
    }
    this.#updates.set(state, value);
  }

  /** Names of nodes made inside `body` start with `name`. */
  scoped<T>(name: string, body: () => T): T {
    this.#scope = [...this.#scope, name];
    try {
      return body();
    } finally {
      this.#scope = this.#scope.slice(0, -1);
    }
  }

  /** The verified graph so far. */
  build(): Graph {
    const graph: Graph = {
      inputs: [...this.#inputs],
      states: [...this.#states],
      constants: [...this.#constants],
      nodes: [...this.#nodes],
      outputs: new Map(this.#outputs),
      updates: new Map(this.#updates),
    };
    verify(graph);
    return graph;
  }

  #named(list: Value[], name: string, type: TensorType): Value {
    checkShape(type.shape, name);
    if (this.#names.has(name)) {
      throw new NameError({
        where: `"${name}"`,
        rule: 'names of inputs and states are unique',
        remedy: 'Give one of them another name.',
      });
    }
    this.#names.add(name);
    const value = this.#value(name, type);
    list.push(value);
    return value;
  }

  #value(name: string, { dtype, shape }: TensorType): Value {
    return { id: this.#nextValue++, name, dtype, shape: [...shape] };
  }
}
