// This runtime as a contender: a workload compiled, compared with the reference, ready to be timed.
import { execute } from '../src/cpu/execute';
import { requestDevice } from '../src/gpu/device';
import { GpuVariables } from '../src/gpu/variables';
import type { Value } from '../src/ir/graph';
import { removeDead } from '../src/passes/remove-dead';
import { compileGpu } from '../src/runtime/compile';
import { STEP_OPTIONS } from '../src/runtime/step-options';
import type { TuningRecord } from '../src/tune/record';
import { Tuner } from '../src/tune/tuner';
import { relativeError, type Work } from './roof';
import { makeTask, type Task } from './tasks';
import type { Spec, Workload } from './workloads';

/** This runtime's name in a row, and with lowerings chosen by measuring. */
export const OURS = 'webgpu-batchnorm';
export const TUNED = 'webgpu-batchnorm, tuned';

/** What is known of a contender on a workload beside its times. */
export interface Facts {
  readonly contender: string;
  readonly workload: string;
  readonly work: Work;
  /** Null where they cannot be counted. */
  readonly dispatches: number | null;
  /** All buffers: inputs, outputs, states, constants and scratch. Null where a peer does not tell. */
  readonly peakBytes: number | null;
  /** Of a training step: what any implementation keeps at once. */
  readonly floorBytes?: number;
  /** Of a tuned plan: how many ops have another kernel than by default, of how many that have a choice. */
  readonly changed?: readonly [ops: number, of: number];
  /** Tuning is in it. */
  readonly compileMs: number;
  /** Against the float64 reference, relative to the largest number of each tensor. */
  readonly maxRelErr: number;
}

/** A workload that can be run again and again. */
export interface Contestant extends Facts {
  /** Milliseconds a run, of `runs` submitted one after the other and one wait. */
  sample(runs: number): Promise<number>;
  dispose(): void;
}

/** A contender that cannot be timed, and why. */
export interface Failure {
  readonly contender: string;
  readonly workload: string;
  readonly failure: string;
}

/** More than rounding can do: a contender past it is wrong, and not timed. */
const TOLERANCE = 1e-2;

/** Compiles `workload` on a device of its own, where nothing is compiled yet, and checks it. */
export async function prepare(workload: Workload, gpu: GPU, tuned = false): Promise<Contestant> {
  const { name, spec, check } = workload;
  const device = await requestDevice({ gpu, powerPreference: 'high-performance' });
  const task = makeTask(spec);
  const tuner = tuned ? new Tuner(device, { measures: true }) : undefined;
  const { program, variables, compileMs } = await compileTask(task, device, tuner);
  const maxRelErr = check
    ? await checkSmaller(check, device, tuner)
    : await compare(spec, program, variables);
  const wrong = wrongness(maxRelErr);
  if (wrong) throw new Error(wrong);
  for (const [input, values] of Object.entries(task.inputs)) program.writeInput(input, values);
  const { plan } = program;
  const dispatches = plan.steps.filter((step) => step.kind === 'dispatch');
  return {
    contender: tuned ? TUNED : OURS,
    workload: name,
    work: {
      flops: dispatches.reduce((sum, { flops }) => sum + flops, 0),
      bytes: task.leastBytes,
    },
    dispatches: dispatches.length,
    peakBytes: plan.buffers.reduce((sum, { bytes }) => sum + bytes, 0),
    floorBytes: task.floorBytes,
    changed: tuner && changedBy(tuner.record),
    compileMs,
    maxRelErr,
    async sample(runs) {
      const start = performance.now();
      for (let i = 0; i < runs; i++) {
        const encoder = device.createCommandEncoder();
        program.encode(encoder);
        device.queue.submit([encoder.finish()]);
      }
      await device.queue.onSubmittedWorkDone();
      return (performance.now() - start) / runs;
    },
    dispose() {
      program.dispose();
      variables.dispose();
      device.destroy();
    },
  };
}

async function compileTask(
  { graph, state, mode, together = [] }: Task,
  device: GPUDevice,
  tuner?: Tuner,
) {
  const variables = new GpuVariables(device);
  const entries = [...state];
  for (const names of together) variables.createTogether(entries.filter(([n]) => names.has(n)));
  for (const [name, { type, values }] of entries) {
    if (!variables.has(name)) variables.create(name, type, values);
  }
  const start = performance.now();
  const options = mode === 'inference' ? {} : STEP_OPTIONS;
  const program = await compileGpu(graph, variables, { ...options, tuner });
  return { program, variables, compileMs: performance.now() - start };
}

type Compiled = Awaited<ReturnType<typeof compileTask>>;

function changedBy({ choices }: TuningRecord): [number, number] {
  const changed = choices.filter(({ lowering, ms }) => lowering !== Object.keys(ms)[0]);
  return [changed.length, choices.length];
}

/** What is to be said of a contender that is too wrong to be timed. */
export function wrongness(error: number): string | undefined {
  if (error <= TOLERANCE) return undefined;
  return `wrong by ${error.toPrecision(2)} of the largest number, not timed`;
}

async function checkSmaller(spec: Spec, device: GPUDevice, tuner?: Tuner): Promise<number> {
  const { program, variables } = await compileTask(makeTask(spec), device, tuner);
  try {
    return await compare(spec, program, variables);
  } finally {
    program.dispose();
    variables.dispose();
  }
}

/** What the float64 reference says, by name. */
interface Reference {
  readonly outputs: ReadonlyMap<string, Float64Array>;
  /** States after the run. */
  readonly updates: ReadonlyMap<string, Float64Array>;
}

const references = new WeakMap<Spec, Reference>();

/** Computed once for all contenders of a workload. */
export function referenceOf(spec: Spec): Reference {
  let reference = references.get(spec);
  if (!reference) {
    const { graph, state, inputs } = makeTask(spec);
    const live = removeDead(graph);
    const given = ({ name }: Value) => Float64Array.from(inputs[name] ?? state.get(name));
    const leaves = [...live.inputs, ...live.states];
    const known = execute(live, new Map(leaves.map((value) => [value, given(value)])));
    const wanted = (value: Value) => known.get(value) as Float64Array;
    reference = {
      outputs: new Map([...live.outputs].map(([name, value]) => [name, wanted(value)])),
      updates: new Map([...live.updates].map(([{ name }, value]) => [name, wanted(value)])),
    };
    references.set(spec, reference);
  }
  return reference;
}

/**
 * The worst error of one run: of outputs, and of states after it (after a training step they hold the
 * gradients, as the optimiser's first velocity).
 */
async function compare(
  spec: Spec,
  program: Compiled['program'],
  variables: GpuVariables,
): Promise<number> {
  const { outputs, updates } = referenceOf(spec);
  const got = await program.run(makeTask(spec).inputs);
  let worst = 0;
  for (const [name, want] of outputs) worst = Math.max(worst, relativeError(got[name], want));
  for (const [name, want] of updates) {
    worst = Math.max(worst, relativeError(await variables.get(name), want));
  }
  return worst;
}
