// This runtime as a contender: a workload compiled, compared with the reference, ready to be timed.
import { execute } from '../src/cpu/execute';
import { requestDevice } from '../src/gpu/device';
import { GpuVariables } from '../src/gpu/variables';
import type { Value } from '../src/ir/graph';
import { ops } from '../src/ops';
import { removeDead } from '../src/passes/remove-dead';
import { compileGpu } from '../src/runtime/compile';
import { relativeError, type Work } from './roof';
import { makeTask, type Task } from './tasks';
import type { Workload } from './workloads';

/** A workload that can be run again and again. */
export interface Contestant {
  readonly contender: string;
  readonly workload: string;
  readonly work: Work;
  readonly dispatches: number;
  /** All buffers: inputs, outputs, states, constants and scratch. */
  readonly peakBytes: number;
  readonly compileMs: number;
  /** Against the float64 reference, relative to the largest number of each tensor. */
  readonly maxRelErr: number;
  /** Submits one run; answers nothing and waits for nothing. */
  run(): void;
  /** All runs are done. */
  settle(): Promise<unknown>;
  dispose(): void;
}

/** More than rounding can do: a contender past it is wrong, and not timed. */
const TOLERANCE = 1e-2;

/** Compiles `workload` on a device of its own, where nothing is compiled yet, and checks it. */
export async function prepare(workload: Workload, gpu: GPU): Promise<Contestant> {
  const { name, spec, check } = workload;
  const device = await requestDevice({ gpu, powerPreference: 'high-performance' });
  const task = makeTask(spec);
  const { program, variables, compileMs } = await compileTask(task, device);
  const maxRelErr = check
    ? await checkTask(makeTask(check), device)
    : await compare(task, program, variables);
  if (!(maxRelErr <= TOLERANCE)) {
    throw new Error(`${name}: wrong by ${maxRelErr} of the largest number, not timed.`);
  }
  for (const [input, values] of Object.entries(task.inputs)) program.writeInput(input, values);
  const { plan } = program;
  const dispatches = plan.steps.filter((step) => step.kind === 'dispatch');
  return {
    contender: 'webgpu-batchnorm',
    workload: name,
    work: {
      flops: dispatches.reduce((sum, { flops }) => sum + flops, 0),
      bytes: task.leastBytes,
    },
    dispatches: dispatches.length,
    peakBytes: plan.buffers.reduce((sum, { bytes }) => sum + bytes, 0),
    compileMs,
    maxRelErr,
    run() {
      const encoder = device.createCommandEncoder();
      program.encode(encoder);
      device.queue.submit([encoder.finish()]);
    },
    settle: () => device.queue.onSubmittedWorkDone(),
    dispose() {
      program.dispose();
      variables.dispose();
      device.destroy();
    },
  };
}

async function compileTask({ graph, state }: Task, device: GPUDevice) {
  const variables = new GpuVariables(device);
  for (const [name, { type, values }] of state) variables.create(name, type, values);
  const start = performance.now();
  const program = await compileGpu(graph, variables);
  return { program, variables, compileMs: performance.now() - start };
}

type Compiled = Awaited<ReturnType<typeof compileTask>>;

async function checkTask(task: Task, device: GPUDevice): Promise<number> {
  const { program, variables } = await compileTask(task, device);
  try {
    return await compare(task, program, variables);
  } finally {
    program.dispose();
    variables.dispose();
  }
}

/**
 * Runs once here and once by the reference: outputs, and states after the run (after a training
 * step they hold the gradients, as the optimiser's first velocity).
 */
async function compare(
  { graph, state, inputs }: Task,
  program: Compiled['program'],
  variables: GpuVariables,
): Promise<number> {
  const live = removeDead(graph);
  const given = (name: string) => Float64Array.from(inputs[name] ?? state.get(name));
  const known = execute(
    live,
    ops,
    new Map([...live.inputs, ...live.states].map((value) => [value, given(value.name)])),
  );
  const wanted = (value: Value) => known.get(value) as Float64Array;
  const got = await program.run(inputs);
  let worst = 0;
  for (const [name, value] of live.outputs) {
    worst = Math.max(worst, relativeError(got[name], wanted(value)));
  }
  for (const [{ name }, value] of live.updates) {
    worst = Math.max(worst, relativeError(await variables.get(name), wanted(value)));
  }
  return worst;
}
