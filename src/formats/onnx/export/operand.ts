import type { NumericArray } from '../../../core/dtype';
import type { Shape } from '../../../core/shape';
import { permute } from '../../permute';
import type { GraphWriter } from './writer';

/**
 * A tensor of a run. Axis i of the layer's tensor is axis `perm[i]` of the ONNX tensor `name`: images
 * go channels-first from convolution to convolution without moving numbers.
 */
export interface Live {
  readonly kind: 'live';
  readonly name: string;
  readonly perm: readonly number[];
  /** The first extent is the batch, which has no number. */
  readonly batched: boolean;
}

/** Numbers known at export: a weight or a constant. */
export interface Known {
  readonly kind: 'known';
  /** What it is called in ONNX. */
  readonly name: string;
  readonly shape: Shape;
  readonly data: NumericArray;
  readonly integer: boolean;
}

export type Operand = Live | Known;

export const identity = (rank: number): number[] => Array.from({ length: rank }, (_, i) => i);

/** Where the layer's axes are in N, C, spatial… order. */
export const firstOrder = (rank: number): number[] =>
  rank < 3 ? identity(rank) : [0, ...identity(rank - 2).map((axis) => axis + 2), 1];

/** Turns layers' tensors into names of ONNX tensors, moving axes where that is needed. */
export class Operands {
  readonly #moved = new Map<string, string>();

  constructor(
    readonly writer: GraphWriter,
    /** What nodes that only move axes are called after. */
    readonly name: string,
  ) {}

  /** The ONNX tensor whose axes are the layer's in the order that `perm` has. */
  inOrder(operand: Operand, perm: readonly number[]): string {
    if (operand.kind === 'known') return this.known(operand, inverseOf(perm));
    const order = identity(perm.length).map((axis) => operand.perm[perm.indexOf(axis)]);
    if (order.every((axis, i) => axis === i)) return operand.name;
    const key = `${operand.name} ${order}`;
    const made =
      this.#moved.get(key) ??
      this.writer.node('Transpose', `${this.name}/transpose`, [operand.name], { perm: order });
    this.#moved.set(key, made);
    return made;
  }

  plain(operand: Operand): string {
    return this.inOrder(operand, identity(rankOf(operand)));
  }

  channelsFirst(operand: Operand): string {
    return this.inOrder(operand, firstOrder(rankOf(operand)));
  }

  /** Known numbers with axis i of the result being axis `order[i]`, as an initializer of its own. */
  known({ name, shape, data, integer }: Known, order: readonly number[]): string {
    const key = `${name} ${order}`;
    const stored =
      this.#moved.get(key) ??
      this.writer.initializer(
        name,
        integer ? 'int64' : 'float',
        order.map((axis) => shape[axis]),
        integer
          ? Float64Array.from(permute(data, shape, order))
          : Float32Array.from(permute(data, shape, order)),
      );
    this.#moved.set(key, stored);
    return stored;
  }
}

export function rankOf(operand: Operand): number {
  return operand.kind === 'live' ? operand.perm.length : operand.shape.length;
}

function inverseOf(perm: readonly number[]): number[] {
  return perm.map((_, axis) => perm.indexOf(axis));
}
