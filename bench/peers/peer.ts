// What another runtime has to do to take part.
import type { Shape } from '../../src/core/shape';
import type { Value } from '../../src/ir/graph';
import { RATE, TARGETS } from '../../src/train/graph';
import type { Task } from '../tasks';
import type { Layout } from './layout';
import { toTheirs } from './layout';

/** A task that a peer has made ready. */
export interface Opened {
  /** One run; what it promises is waited for before the next. */
  run(): unknown;
  /** All runs are done. */
  settle(): Promise<unknown>;
  /** Of the last run, by the names of the task's graph, in our layout. */
  outputs(): Promise<Readonly<Record<string, ArrayLike<number>>>>;
  dispose(): void;
}

/** Another runtime. */
export interface Peer {
  readonly name: string;
  /** Undefined where the peer cannot do it, or is not asked to. */
  open(task: Task): Promise<Opened | undefined>;
}

/** Numbers of a state or input of the task, in the peer's layout. */
export function numbersOf(task: Task, name: string, layout: Layout): Float32Array {
  const { inputs, state } = task;
  return toTheirs((inputs[name] ?? state.get(name)) as ArrayLike<number>, layout);
}

/** Names of the weights that the task's outputs depend on. */
export function weightNames({ model, mode }: Task): string[] {
  return model
    .stateInfo()
    .filter(({ trainable }) => trainable || mode === 'inference')
    .map(({ name }) => name);
}

/** With the batch. */
export function inputShape({ graph }: Task): Shape {
  return graph.inputs[0].shape;
}

/** With the batch. */
export function outputShape({ graph }: Task): Shape {
  return (graph.outputs.get('output') as Value).shape;
}

/** A row a sample, with a one at its class. */
export function oneHot({ inputs }: Task, classes: number): Float32Array {
  const targets = inputs[TARGETS];
  const rows = new Float32Array(targets.length * classes);
  for (let i = 0; i < targets.length; i++) rows[i * classes + Number(targets[i])] = 1;
  return rows;
}

export function rateOf({ inputs }: Task): number {
  return Number(inputs[RATE][0]);
}
