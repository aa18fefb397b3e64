// Other runtimes as contenders, on the layers alone: batch norm and convolution.
import type { Shape } from '../../src/core/shape';
import { type Contestant, checkError, referenceOf } from '../contender';
import { relativeError } from '../roof';
import { makeTask, type Task } from '../tasks';
import type { BatchNormSpec, ConvSpec, Spec, Workload } from '../workloads';

/** A layer that a peer has made ready. */
export interface Opened {
  run(): void;
  settle(): Promise<unknown>;
  /** Of the last run, by the names of the task's graph, channels last. */
  outputs(): Promise<Readonly<Record<string, ArrayLike<number>>>>;
  dispose(): void;
}

/** Another runtime. */
export interface Peer {
  readonly name: string;
  /** Undefined where the peer is not asked for this. */
  open(spec: Spec, task: Task): Promise<Opened | undefined>;
}

/** As `prepare` does for this runtime: what the peer gives is compared before it is timed. */
export async function preparePeer(
  peer: Peer,
  { name, spec, check }: Workload,
  work: Contestant['work'],
): Promise<Contestant | undefined> {
  const checked = check ?? spec;
  const start = performance.now();
  const first = await peer.open(checked, makeTask(checked));
  if (!first) return undefined;
  first.run();
  await first.settle();
  const compileMs = performance.now() - start;
  const want = referenceOf(checked).outputs;
  let maxRelErr = 0;
  for (const [output, got] of Object.entries(await first.outputs())) {
    maxRelErr = Math.max(maxRelErr, relativeError(got, want.get(output) as Float64Array));
  }
  checkError(`${name}, ${peer.name}`, maxRelErr);
  let opened = first;
  if (check) {
    first.dispose();
    opened = (await peer.open(spec, makeTask(spec))) as Opened;
  }
  return {
    contender: peer.name,
    workload: name,
    work,
    dispatches: null,
    peakBytes: null,
    compileMs,
    maxRelErr,
    run: () => opened.run(),
    settle: () => opened.settle(),
    dispose: () => opened.dispose(),
  };
}

/** Numbers of the task's tensor whose name ends in `suffix`. */
export function tensorOf({ state, inputs }: Task, suffix: string): Float32Array {
  const name = [...Object.keys(inputs), ...state.names()].find((one) => one.endsWith(suffix));
  if (!name) throw new Error(`The task has no ${suffix}.`);
  return Float32Array.from(inputs[name] ?? state.get(name));
}

export function epsilonOf({ graph }: Task): number {
  return graph.nodes.map(({ attrs }) => attrs.epsilon).find((e) => e !== undefined) as number;
}

/** The name in the graph of the gradient of the parameter that ends in `suffix`. */
export function gradientOf({ graph }: Task, suffix: string): string {
  return [...graph.outputs.keys()].find((name) => name.startsWith('d_') && name.endsWith(suffix))!;
}

/** The input's shape, channels last. */
export function inputShape(spec: BatchNormSpec | ConvSpec): Shape {
  return spec.kind === 'batchNorm' ? spec.shape : [spec.batch, spec.size, spec.size, spec.channels];
}

/** `values` of `shape` with the axes in the order of `perm`. */
export function permuted(
  values: ArrayLike<number>,
  shape: Shape,
  perm: readonly number[],
): Float32Array {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const result = new Float32Array(values.length);
  const index = perm.map(() => 0);
  for (let i = 0; i < result.length; i++) {
    let at = 0;
    for (let axis = 0; axis < perm.length; axis++) at += index[axis] * strides[perm[axis]];
    result[i] = values[at];
    for (let axis = perm.length - 1; axis >= 0; axis--) {
      if (++index[axis] < shape[perm[axis]]) break;
      index[axis] = 0;
    }
  }
  return result;
}
