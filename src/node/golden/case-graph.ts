import type { NumericArray } from '../../core/dtype';
import { FormatError } from '../../core/errors';
import type { Shape } from '../../core/shape';
import { GraphBuilder } from '../../ir/builder';
import type { Attrs, Graph, Value } from '../../ir/graph';
import type { OpDef } from '../../ir/op';

// Graphs of golden cases: their inputs in the layout of the file, gradients in the same.
import { reduceMeanOp, reduceSumOp } from '../../ops/reduce';
import { transposeOp } from '../../ops/transpose';
import { differentiate } from '../../passes/differentiate';
import type { Inputs, Outputs } from '../../runtime/program';
import { Attributes } from './attributes';
import type { Backend } from './backend';
import { type GoldenCase, type GoldenNumbers, readTensor } from './manifest';

/** What a case computed, by the names of its expected tensors. */
export type Results = Record<string, ArrayLike<number>>;

/** Computes the expected tensors of a case of one kind. */
export type Family = (golden: Golden) => Promise<Results>;

/** A case being computed. */
export class Golden {
  readonly attrs: Attributes;

  constructor(
    readonly golden: GoldenCase,
    readonly backend: Backend,
    /** What is computed with in place of a float that the file holds. */
    readonly nudge?: (value: number, index: number) => number,
  ) {
    this.attrs = new Attributes(golden.attrs, `case "${golden.id}"`);
  }

  /** What the case's name says besides its op: `spatial/nearest_x2` is `nearest_x2`. */
  get variant(): string {
    return this.golden.id.slice(this.golden.id.lastIndexOf('/') + 1);
  }

  has(name: string): boolean {
    return this.golden.inputs.some((tensor) => tensor.name === name);
  }

  expects(name: string): boolean {
    return this.golden.expected.some((tensor) => tensor.name === name);
  }

  shape(name: string): Shape {
    return this.#find(name).shape;
  }

  expectedShape(name: string): Shape {
    const tensor = this.golden.expected.find((candidate) => candidate.name === name);
    return tensor?.shape ?? this.unsupported(`a case without expected tensor "${name}"`);
  }

  async numbers(name: string): Promise<GoldenNumbers> {
    const numbers = await readTensor(this.golden, this.#find(name));
    return this.nudge && !(numbers instanceof Int32Array) ? numbers.map(this.nudge) : numbers;
  }

  /** Runs a graph without states on the inputs that it names, `more` among them. */
  async run(graph: CaseGraph, more: Record<string, NumericArray> = {}): Promise<Outputs> {
    return this.runGraph(graph.g.build(), more);
  }

  async runGraph(graph: Graph, more: Record<string, NumericArray> = {}): Promise<Outputs> {
    const inputs: Record<string, NumericArray> = {};
    for (const { name } of graph.inputs) inputs[name] = more[name] ?? (await this.numbers(name));
    const variables = this.backend.variables();
    const program = await this.backend.compile(graph, variables);
    try {
      return await program.run(inputs as Inputs);
    } finally {
      program.dispose();
      variables.dispose();
    }
  }

  unsupported(what: string): never {
    throw new FormatError({
      where: `case "${this.golden.id}"`,
      rule: 'it is supported',
      found: what,
    });
  }

  #find(name: string) {
    const tensor = this.golden.inputs.find((candidate) => candidate.name === name);
    return tensor ?? this.unsupported(`a case without input "${name}"`);
  }
}

/** A graph whose inputs are tensors of the case. */
export class CaseGraph {
  g = new GraphBuilder();
  readonly #inputs = new Map<string, Value>();

  constructor(readonly golden: Golden) {}

  /** The case's tensor of that name, in its own layout. */
  input(name: string): Value {
    let value = this.#inputs.get(name);
    if (!value) {
      const tensor = this.golden.golden.inputs.find((candidate) => candidate.name === name);
      const dtype = tensor?.dtype === 'int32' ? 'i32' : 'f32';
      value = this.g.input(name, { dtype, shape: this.golden.shape(name) });
      this.#inputs.set(name, value);
    }
    return value;
  }

  /** An input that the case computes by itself. */
  made(name: string, shape: Shape): Value {
    return this.g.input(name, { dtype: 'f32', shape });
  }

  op(op: OpDef, inputs: readonly Value[], attrs: Attrs = {}): Value {
    return this.g.op(op, inputs, attrs);
  }

  /** The tensor with axis `axis` last, the others in their order. */
  axisLast(value: Value, axis: number): Value {
    const rest = value.shape.map((_, i) => i).filter((i) => i !== axis);
    return this.permute(value, [...rest, axis]);
  }

  /** Takes `axisLast` back. */
  axisBack(value: Value, axis: number): Value {
    const last = value.shape.length - 1;
    return this.permute(
      value,
      value.shape.map((_, i) => (i < axis ? i : i === axis ? last : i - 1)),
    );
  }

  permute(value: Value, perm: readonly number[]): Value {
    if (perm.every((axis, i) => axis === i)) return value;
    return this.op(transposeOp, [value], { perm });
  }

  mean(value: Value): Value {
    const axes = value.shape.map((_, axis) => axis);
    return axes.length ? this.op(reduceMeanOp, [value], { axes, keepDims: false }) : value;
  }

  sum(value: Value): Value {
    const axes = value.shape.map((_, axis) => axis);
    return this.op(reduceSumOp, [value], { axes, keepDims: false });
  }

  output(name: string, value: Value): void {
    if (!this.g.build().outputs.has(name)) this.g.output(name, value);
  }

  /** Outputs named as the keys of `wrt`: gradients of Σ y·dy, or of `y` itself where it is a scalar. */
  gradients(y: Value, dy: Value | 1, wrt: Readonly<Record<string, Value>>): void {
    const { graph, gradients } = differentiate(
      this.g.build(),
      new Map([[y, dy]]),
      Object.values(wrt),
    );
    this.g = GraphBuilder.extend(graph);
    for (const [name, value] of Object.entries(wrt)) {
      this.g.output(name, gradients.get(value) as Value);
    }
  }
}
