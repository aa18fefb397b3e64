import type { TypedArray } from '../../core/dtype';
import { FormatError } from '../../core/errors';
import { resolveAxis } from '../../core/shape';
import type { LayerOptions } from '../../model/create-layer';
import type { Layer, SymbolicTensor } from '../../model/layer';
import { Attributes } from './attributes';
import type { Builder } from './builder';
import type { CheckedNode } from './graph';
import { countOf, isFloat, makeData } from './tensor';
import {
  BATCH,
  type Dims,
  dimsOf,
  formatDims,
  integersOf,
  type Known,
  type Live,
  lastOrder,
  live,
  transposeKnown,
  type Value,
  volume,
} from './values';

interface LayerParts {
  readonly weights?: Readonly<Record<string, TypedArray>>;
  /** What follows the node's name in the layer's, where it is not the layer that the node stands for. */
  readonly suffix?: string;
}

/** What a layer is made in: a name, and how errors call the place. */
export class Scope {
  constructor(
    readonly builder: Builder,
    readonly where: string,
    /** What layers are called. */
    readonly name: string,
    /** Names the weights, where other nodes may have the same. */
    readonly tied?: string,
  ) {}

  fail(rule: string, found?: string, remedy?: string): FormatError {
    return new FormatError({ where: this.where, rule, found, remedy });
  }

  layer(
    make: (options: LayerOptions) => Layer,
    inputs: readonly SymbolicTensor[],
    { weights, suffix }: LayerParts = {},
  ): SymbolicTensor {
    const name = suffix ? `${this.name}/${suffix}` : this.name;
    const tied = weights && !suffix ? this.tied : undefined;
    return this.builder.layer(name, make, inputs, weights, tied);
  }

  /** A known tensor as one of the model's own; what runs compute stays as it is. */
  live(value: Value, what = 'value'): Live {
    if (value.kind === 'live') return value;
    if (value.perBatch) integersOf(value, this.where);
    const name = value.initializer ?? `${this.name}/${what}`;
    // Numbers in the graph itself, and single ones, are constants rather than weights.
    const trainable = value.initializer !== undefined && value.data.length > 1;
    return live(this.builder.parameter(name, value, trainable), value.dims, undefined, value.dtype);
  }
}

/** What nodes know of the graph that they are in. */
export interface GraphContext {
  readonly opset: number;
  readonly exportedBatch: number | undefined;
  /** Tensors that a node or the caller reads. */
  readonly read: ReadonlySet<string>;
}

/** A node while it becomes layers: its inputs, its attributes, and what layers are made with. */
export class NodeScope extends Scope {
  readonly op: string;
  readonly attributes: Attributes;
  /** Names of the outputs, empty where nobody reads them. */
  readonly outputs: readonly string[];
  /** How many outputs the file lists, read or not. */
  readonly listed: number;
  readonly opset: number;
  /** The extent that was made the batch: shapes in the graph may still have it. */
  readonly exportedBatch: number | undefined;
  /** In training mode: by output, the state whose value after the run it is. */
  updates?: readonly (string | undefined)[];

  constructor(
    builder: Builder,
    { proto, op, where }: CheckedNode,
    name: string,
    readonly inputs: readonly (Value | undefined)[],
    { opset, exportedBatch, read }: GraphContext,
  ) {
    super(builder, where, name, tiedWeights(op, inputs.slice(1)));
    this.op = op;
    this.opset = opset;
    this.exportedBatch = exportedBatch;
    this.attributes = new Attributes(proto, where);
    this.listed = proto.output.filter((output) => output !== '').length;
    this.outputs = proto.output.map((output) => (read.has(output) ? output : ''));
  }

  /** The input at `index`, which must be there. */
  input(index: number): Value {
    const value = this.inputs[index];
    if (value) return value;
    throw this.fail(`it has an input ${index}`, `${this.inputs.length} inputs`);
  }

  /** The input at `index` as a tensor of a run, of at least `rank` dimensions. */
  liveInput(index: number, rank = 0): Live {
    const value = this.input(index);
    if (value.dims.length >= rank) return this.live(value);
    throw this.fail(`input ${index} has at least ${rank} dimensions`, formatDims(value.dims));
  }

  /** The input at `index`, which must be known at import; undefined where it is left out. */
  knownInput(index: number, what: string): Known | undefined {
    const value = this.inputs[index];
    if (!value || value.kind === 'known') return value;
    throw this.fail(
      `its ${what} (input ${index}) is known at import`,
      'a tensor that each run computes',
      'Where it is an input of the graph, pass its numbers: values: new Map([[name, tensor]]).',
    );
  }

  /** Integers given as an attribute in old opsets, and as an input since `since`. */
  integers(name: string, index: number, since: number): readonly number[] | undefined {
    if (this.opset < since) return this.attributes.ints(name);
    const value = this.knownInput(index, name);
    return value && integersOf(value, `${this.where}, ${name}`);
  }

  /** Extents given as an input. */
  extents(index: number, what: string): number[] | undefined {
    const value = this.knownInput(index, what);
    return value && dimsOf(value, `${this.where}, ${what}`);
  }

  /** Throws a {@link FormatError} unless a tensor may have these extents. */
  checkDims(dims: readonly number[]): void {
    countOf(dims, this.where);
  }

  /** What a part of extents `dims` is taken from: nothing of a run is known already. */
  sourceOf(x: Value, dims: Dims): Value {
    if (x.kind === 'known' || volume(dims) > 0) return x;
    if (dims.includes(BATCH))
      throw this.fail('something is left of each example', formatDims(dims));
    return { kind: 'known', dtype: x.dtype, dims: x.dims, data: makeData(x.dtype, 0) };
  }

  /** An axis of `value` that may be counted from the end. */
  axis(axis: number, rank: number): number {
    return resolveAxis(axis, rank, this.where);
  }

  /** Different axes that may be counted from the end. */
  axes(axes: readonly number[], rank: number): number[] {
    const resolved = axes.map((axis) => this.axis(axis, rank));
    if (new Set(resolved).size === resolved.length) return resolved;
    throw this.fail('its axes are different ones', `${axes}`);
  }

  /** Numbers of a weight as f32, its axes in the order `perm`. */
  weight(value: Known, perm?: readonly number[]): Float32Array {
    if (!isFloat(value.dtype)) throw this.fail('weights are floating-point', value.dtype);
    const { data } = perm ? transposeKnown(value, perm) : value;
    return data instanceof Float32Array ? data : Float32Array.from(data);
  }

  /** A result that is stored channels-last. */
  last(tensor: SymbolicTensor, dims: readonly number[]): Live {
    return live(tensor, dims, lastOrder(dims.length));
  }
}

/** The operator and its weights by name, where they are initializers and nothing else. */
function tiedWeights(op: string, weights: readonly (Value | undefined)[]): string | undefined {
  const names = weights.map((value) => (value?.kind === 'known' ? value.initializer : ''));
  const all = names.length > 0 && names.every((name) => name !== undefined);
  return all && weights.every((value) => value?.kind !== 'live')
    ? JSON.stringify([op, ...names])
    : undefined;
}

/** Turns a node into layers. Gives its outputs, those that nobody reads perhaps left out. */
export type Convert = (node: NodeScope) => Value | readonly (Value | undefined)[];
