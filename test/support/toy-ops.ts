// Ops with nothing to them but their bindings, and a machine that carries out their plans: what a
// plan does is then checked for any graph without a GPU.
import type { Graph, Value } from '../../src/ir/graph';
import {
  inout,
  type OpDef,
  read,
  readOutput,
  readTemp,
  u32,
  write,
  writeTemp,
} from '../../src/ir/op';
import type { Plan, PlanRange } from '../../src/plan/types';

const PRIME = 65521;

/** out[i] = seed + Σ (k + 2)·in_k[i] modulo a prime; shorter inputs repeat. */
function mix(seed: number, length: number, inputs: readonly ArrayLike<number>[]): Float64Array {
  return Float64Array.from({ length }, (_, i) => {
    const sum = inputs.reduce((total, x, k) => total + (k + 2) * x[i % x.length], seed);
    return sum % PRIME;
  });
}

const work = (kernel: string, seed: number) =>
  ({
    kernel: { name: kernel, text: '', includes: [] },
    params: [u32(seed)],
    workgroups: [1, 1, 1],
    flops: 1,
  }) as const;
const f32 = (size: number) => ({ dtype: 'f32', shape: [size] }) as const;

export const mixOp: OpDef = {
  name: 'mix',
  infer: (_inputs, { size }) => [f32(size as number)],
  reference: (inputs, { attrs }) => [mix(attrs.seed as number, attrs.size as number, inputs)],
  lower: ({ inputs, attrs }) => [
    {
      name: 'mix',
      dispatches: [
        {
          ...work('mix', attrs.seed as number),
          bindings: [...inputs.map((_, i) => read(i)), write(0)],
        },
      ],
    },
  ],
};

/** Two outputs by two dispatches, with a temporary, the second reading what the first wrote. */
export const forkOp: OpDef = {
  name: 'fork',
  infer: ([x]) => [x, x],
  reference: ([x], { attrs }) => {
    const temp = mix(1, x.length, [x]);
    const first = mix(attrs.seed as number, x.length, [x]);
    return [first, mix(attrs.seed as number, x.length, [temp, first])];
  },
  lower: ({ inputs: [x], attrs }) => [
    {
      name: 'fork',
      temps: [x],
      dispatches: [
        { ...work('mix', 1), bindings: [read(0), writeTemp(0)] },
        { ...work('mix', attrs.seed as number), bindings: [read(0), write(0)] },
        { ...work('mix', attrs.seed as number), bindings: [readTemp(0), readOutput(0), write(1)] },
      ],
    },
  ],
};

/** Input 0 is changed in place by input 1. */
export const bumpOp: OpDef = {
  name: 'bump',
  infer: ([x]) => [x],
  reference: ([x, y]) => [mix(5, x.length, [x, y])],
  lower: () => [
    { name: 'bump', dispatches: [{ ...work('bump', 5), bindings: [inout(0, 0), read(1)] }] },
  ],
};

export const viewOp: OpDef = {
  name: 'view',
  view: true,
  infer: ([{ dtype, shape }]) => [{ dtype, shape: [1, ...shape.slice(-1)] }],
  reference: ([x]) => [x],
};

/**
 * Carries out `plan` on arrays. `numbers` holds inputs and states by name; the answer holds the
 * outputs, and the states as they are afterwards. Throws where the plan breaks a rule of WebGPU,
 * reads what was never written or writes what isn't its own.
 */
export function simulate(plan: Plan, numbers: Readonly<Record<string, Float64Array>>) {
  const memory = plan.buffers.map(({ role, name, bytes, data }) => {
    if (role === 'constant') return Float64Array.from(data as ArrayLike<number>);
    if (role === 'input' || role === 'state') return numbers[name].slice();
    return new Float64Array(bytes / 4).fill(Number.NaN);
  });
  const at = ({ buffer, offset, bytes }: PlanRange) =>
    memory[buffer].subarray(offset / 4, (offset + bytes) / 4);
  const known = (range: PlanRange, step: number) => {
    const values = at(range).slice();
    if (values.length * 4 !== range.bytes) throw new Error(`step ${step}: past a buffer's end`);
    if (values.some(Number.isNaN)) throw new Error(`step ${step} reads what was never written`);
    return values;
  };
  const own = ({ buffer }: PlanRange, step: number) => {
    const { role } = plan.buffers[buffer];
    if (role === 'input' || role === 'constant') throw new Error(`step ${step} writes a ${role}`);
  };

  plan.steps.forEach((step, index) => {
    if (step.kind === 'copy') {
      if (step.from.buffer === step.to.buffer)
        throw new Error(`step ${index}: copy inside a buffer`);
      own(step.to, index);
      at(step.to).set(known(step.from, index));
      return;
    }
    const reads = step.bindings.filter(({ access }) => access === 'read');
    const writes = step.bindings.filter(({ access }) => access === 'write');
    for (const range of writes) {
      own(range, index);
      if (reads.some(({ buffer }) => buffer === range.buffer)) {
        throw new Error(`step ${index} reads and writes buffer ${range.buffer}`);
      }
    }
    const { kernel } = plan.pipelines[step.pipeline];
    const seed = new DataView(plan.params.buffer).getUint32(step.params?.offset ?? 0, true);
    const [target] = writes;
    const inputs = reads.map((range) => known(range, index));
    if (kernel.name === 'bump') inputs.unshift(known(target, index));
    at(target).set(mix(seed, target.bytes / 4, inputs));
  });

  const named = (role: string) =>
    Object.fromEntries(
      plan.buffers.flatMap((buffer, i) => (buffer.role === role ? [[buffer.name, memory[i]]] : [])),
    ) as Record<string, Float64Array>;
  return { outputs: named('output'), states: named('state') };
}

/** Numbers for a graph's inputs and states, different for each. */
export function toyNumbers(graph: Graph): Record<string, Float64Array> {
  const fill = (value: Value, k: number) =>
    Float64Array.from({ length: value.shape.at(-1) ?? 1 }, (_, i) => (97 * k + 31 * i + 7) % PRIME);
  return Object.fromEntries(
    [...graph.inputs, ...graph.states].map((value, k) => [value.name, fill(value, k)]),
  );
}
