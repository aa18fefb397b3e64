import { bytesOf } from '../core/dtype';
import { GraphError } from '../core/errors';
import { type Graph, type Node, rootsOf, type TensorType, type Value } from '../ir/graph';
import type { AdapterTraits, Binding, Lowering } from '../ir/op';
import type { BufferRole, StateHome } from './types';

/** Memory that one or more values share: a value and its views, or a tensor updated in place. */
export interface Storage {
  role: BufferRole;
  name: string;
  readonly type: TensorType;
  readonly bytes: number;
  readonly data?: Graph['constants'][number]['data'];
  /** Larger memory that it is a part of. */
  inside?: { readonly whole: Storage; readonly offset: number; readonly slot: number };
  /** Steps that first and last touch it; −1 while none does. */
  first: number;
  last: number;
}

/** The memory that is allocated and tracked as one. */
export function wholeOf(storage: Storage): Storage {
  return storage.inside?.whole ?? storage;
}

export interface Operand {
  readonly storage: Storage;
  readonly access: 'read' | 'write';
}

/** A step before memory is assigned: a dispatch of a lowering, or a copy from operand 0 to operand 1. */
export interface Draft {
  readonly node: string;
  readonly op: string;
  readonly work?: { readonly lowering: Lowering; readonly index: number };
  readonly operands: readonly Operand[];
  readonly outputs: readonly TensorType[];
}

export interface DraftOptions {
  readonly adapter: AdapterTraits;
  /** Where states lie that do not have memory of their own. */
  readonly homeOf?: (state: string) => StateHome | undefined;
  /** Picks one of an op's lowerings; default the first, which the op prefers on this adapter. */
  readonly choose?: (node: Node, lowerings: readonly Lowering[]) => Lowering;
}

/** What is to be done, and the memory that it is done in. */
export interface Work {
  readonly drafts: readonly Draft[];
  readonly storages: readonly Storage[];
}

/** Lowers each node and decides which values share memory. */
export function draft(graph: Graph, options: DraftOptions): Work {
  const drafter = new Drafter(graph, options);
  graph.nodes.forEach((node, position) => {
    drafter.node(node, position);
  });
  drafter.finish();
  return { drafts: drafter.drafts, storages: drafter.storages };
}

class Drafter {
  readonly drafts: Draft[] = [];
  readonly storages: Storage[] = [];
  readonly #storageOf = new Map<Value, Storage>();
  readonly #homes = new Map<number, Storage>();
  readonly #stateUpdatedBy: Map<Value, Value>;
  /** For each storage-owning value, the position of the last node that reads it or a view of it. */
  readonly #lastRead: Map<Value, number>;
  readonly #viewOf = new Map<Value, Value>();

  constructor(
    readonly graph: Graph,
    readonly options: DraftOptions,
  ) {
    for (const value of graph.inputs) this.#create('input', value.name, value, value);
    for (const value of graph.states) this.#createState(value);
    for (const { value, data } of graph.constants) {
      this.#create('constant', value.name, value, value, data);
    }
    this.#stateUpdatedBy = new Map([...graph.updates].map(([state, value]) => [value, state]));
    this.#lastRead = this.#findLastReads();
  }

  node(node: Node, position: number): void {
    const { op } = node;
    if (op.view) {
      this.#storageOf.set(node.outputs[0], this.#at(node.inputs[0]));
      return;
    }
    const lowerings = op.lower?.({ ...node, adapter: this.options.adapter }) ?? [];
    const where = `${op.name} "${node.name}"`;
    if (!lowerings.length) throw new GraphError({ where, rule: 'the op must have a GPU lowering' });
    const lowering = this.options.choose?.(node, lowerings) ?? lowerings[0];
    const temps = (lowering.temps ?? []).map((type, i) =>
      this.#create('scratch', `${node.name}:temp${i}`, type),
    );
    lowering.dispatches.forEach((dispatch, index) => {
      const operands = dispatch.bindings.map((binding) =>
        this.#operand(node, position, binding, temps),
      );
      this.drafts.push({
        node: node.name,
        op: op.name,
        work: { lowering, index },
        operands,
        outputs: node.outputs,
      });
    });
    node.outputs.forEach((value, i) => {
      if (this.#storageOf.has(value)) return;
      const found = `output ${i} unbound in "${lowering.name}"`;
      throw new GraphError({ where, rule: 'a lowering binds every output', found });
    });
  }

  /** Gives outputs buffers of their own and writes back the states that were not updated in place. */
  finish(): void {
    const { outputs, updates } = this.graph;
    for (const [name, value] of outputs) {
      const storage = this.#at(value);
      if (storage.role === 'scratch') {
        storage.role = 'output';
        storage.name = name;
      } else {
        this.#copy('output', value, storage, this.#create('output', name, value));
      }
    }
    const pending = [...updates]
      .map(([state, value]) => ({ value, from: this.#at(value), to: this.#at(state) }))
      .filter(({ from, to }) => from !== to)
      .map((update) => {
        // The new value is another state's old one, which may be overwritten first: save it.
        if (update.from.role !== 'state') return update;
        const saved = this.#create('scratch', update.value.name, update.value);
        this.#copy('update', update.value, update.from, saved);
        return { ...update, from: saved };
      });
    for (const { value, from, to } of pending) this.#copy('update', value, from, to);
  }

  #operand(node: Node, position: number, binding: Binding, temps: Storage[]): Operand {
    switch (binding.kind) {
      case 'input':
        return { storage: this.#at(node.inputs[binding.index]), access: 'read' };
      case 'temp':
        return { storage: temps[binding.index], access: binding.access };
      case 'outputRead':
        return { storage: this.#output(node.outputs[binding.index]), access: 'read' };
      case 'output':
        return { storage: this.#output(node.outputs[binding.index]), access: 'write' };
      case 'inout': {
        const output = node.outputs[binding.index];
        if (!this.#storageOf.has(output)) {
          this.#updateInPlace(node, position, output, node.inputs[binding.input]);
        }
        return { storage: this.#at(output), access: 'write' };
      }
    }
  }

  /** The output takes over the input's memory, or a copy of it where the old contents are still needed. */
  #updateInPlace(node: Node, position: number, output: Value, input: Value): void {
    const source = this.#at(input);
    const state = this.#stateUpdatedBy.get(output);
    const ours = source.role === 'scratch' || (state !== undefined && this.#at(state) === source);
    // Bound twice, it could not be both read and written by one dispatch.
    const same = (other: Value) => wholeOf(this.#at(other)) === wholeOf(source);
    const once = node.inputs.filter(same).length === 1;
    if (ours && once && (this.#lastRead.get(this.#root(input)) ?? -1) <= position) {
      this.#storageOf.set(output, source);
      return;
    }
    const fresh = this.#create('scratch', output.name, output, output);
    this.#copy(node.op.name, input, source, fresh);
  }

  #output(value: Value): Storage {
    return this.#storageOf.get(value) ?? this.#create('scratch', value.name, value, value);
  }

  #at(value: Value): Storage {
    return this.#storageOf.get(value) as Storage;
  }

  #create(
    role: BufferRole,
    name: string,
    { dtype, shape }: TensorType,
    value?: Value,
    data?: Storage['data'],
  ): Storage {
    const type = { dtype, shape };
    const storage: Storage = { role, name, type, bytes: bytesOf(type), data, first: -1, last: -1 };
    this.storages.push(storage);
    if (value) this.#storageOf.set(value, storage);
    return storage;
  }

  #createState(value: Value): void {
    const storage = this.#create('state', value.name, value, value);
    const home = this.options.homeOf?.(value.name);
    if (!home) return;
    let whole = this.#homes.get(home.key);
    if (!whole) {
      const type = { dtype: value.dtype, shape: [home.bytes / bytesOf({ ...value, shape: [] })] };
      whole = this.#create('state', value.name, type);
      this.#homes.set(home.key, whole);
    }
    storage.inside = { whole, offset: home.offset, slot: home.slot };
  }

  #copy(op: string, value: Value, from: Storage, to: Storage): void {
    this.drafts.push({
      node: value.name,
      op,
      operands: [
        { storage: from, access: 'read' },
        { storage: to, access: 'write' },
      ],
      outputs: [value],
    });
  }

  #root(value: Value): Value {
    return this.#viewOf.get(value) ?? value;
  }

  #findLastReads(): Map<Value, number> {
    const lastRead = new Map<Value, number>();
    this.graph.nodes.forEach((node, position) => {
      if (node.op.view) {
        this.#viewOf.set(node.outputs[0], this.#root(node.inputs[0]));
      }
      for (const value of node.inputs) lastRead.set(this.#root(value), position);
    });
    for (const value of rootsOf(this.graph)) {
      lastRead.set(this.#root(value), Number.POSITIVE_INFINITY);
    }
    return lastRead;
  }
}
