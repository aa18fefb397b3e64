// Tries mutants of the shaders, one message each: compiles the faulty kernel and runs the cases whose
// plans use it, until one notices. Started by scripts/mutate.mjs, which ends it when a mutant hangs.
import { BatchNormError, KernelError } from '../../src/core/errors';
import { compose, kernelNames } from '../../src/gpu/compose';
import { traitsOf } from '../../src/gpu/device';
import { GpuVariables } from '../../src/gpu/variables';
import { requestNodeGPU } from '../../src/node/dawn';
import { ops } from '../../src/ops';
import { cases } from '../cases';
import { type Check, checksOf, runCheck } from '../support/check-case';
import { guard } from '../support/guarded-device';
import { functionsOf, reachable } from '../support/wgsl-functions';

interface Mutant {
  readonly file: string;
  readonly line: number;
  readonly from: string;
  readonly to: string;
}

interface Verdict {
  readonly verdict: 'caught' | 'survived' | 'invalid' | 'unused' | 'stale';
  readonly detail: string;
}

interface UsedCheck {
  readonly name: string;
  readonly check: Check;
  /** `kernel.entry` of all lowerings. */
  readonly uses: ReadonlySet<string>;
  readonly size: number;
}

export async function main(): Promise<number> {
  const gpu = await requestNodeGPU();
  const adapter = await gpu.requestAdapter();
  const device = await (adapter as GPUAdapter).requestDevice();
  device.addEventListener('uncapturederror', (event) => event.preventDefault());
  const { checks, failures } = await collectChecks(device);
  process.on('message', async (mutant: Mutant) => {
    process.send?.(await tryMutant(device, checks, mutant));
  });
  process.send?.({ ready: checks.length, failures });
  await new Promise((resolve) => process.once('disconnect', resolve));
  return 0;
}

/** Checks that pass without a fault, cheap ones first, and the names of those that do not. */
async function collectChecks(device: GPUDevice) {
  const checks: UsedCheck[] = [];
  const failures: string[] = [];
  for (const opCase of cases) {
    const name = `${opCase.op} "${opCase.name}"`;
    try {
      for (const check of checksOf(opCase)) {
        const error = await attempt(device, check);
        if (error) failures.push(`${name}: ${error}`);
        else checks.push({ name, check, uses: usesOf(device, check), size: sizeOf(check) });
      }
    } catch (error) {
      failures.push(`${name}: ${error}`);
    }
  }
  checks.sort((a, b) => a.size - b.size);
  return { checks, failures };
}

function usesOf(device: GPUDevice, { graph }: Check): Set<string> {
  const uses = new Set<string>();
  for (const node of graph.nodes) {
    for (const lowering of ops.get(node.op).lower?.({ ...node, adapter: traitsOf(device) }) ?? []) {
      for (const { kernel, entry = 'main' } of lowering.dispatches) uses.add(`${kernel}.${entry}`);
    }
  }
  return uses;
}

function sizeOf({ numbers, expected }: Check): number {
  const lengths = [
    ...Object.values(numbers).map(({ length }) => length),
    ...[...expected.values()].map(({ values }) => values.length),
  ];
  return lengths.reduce((sum, length) => sum + length, 0);
}

async function attempt(
  device: GPUDevice,
  check: Check,
  shader?: (code: string) => string,
): Promise<string | undefined> {
  const guarded = guard(device, shader);
  return runCheck(check, new GpuVariables(guarded.device), guarded);
}

async function tryMutant(
  device: GPUDevice,
  checks: readonly UsedCheck[],
  { file, line, from, to }: Mutant,
): Promise<Verdict> {
  const replaced = new Map<string, string>();
  const reached = new Set<string>();
  for (const kernel of kernelNames()) {
    const { code, lines } = compose(kernel, 'f32');
    const at = lines.findIndex((source) => source.file === file && source.line === line);
    if (at < 0) continue;
    const text = code.split('\n');
    if (text[at] !== from) return { verdict: 'stale', detail: 'the file has changed' };
    for (const entry of entriesThatReach(text, at)) reached.add(`${kernel}.${entry}`);
    text[at] = to;
    replaced.set(code, text.join('\n'));
  }
  for (const code of replaced.values()) {
    const error = await compileError(device, code);
    if (error) return { verdict: 'invalid', detail: error };
  }

  const affected = checks.filter(({ uses }) => [...uses].some((use) => reached.has(use)));
  if (!affected.length) return { verdict: 'unused', detail: 'no case uses it on this adapter' };
  const guarded = guard(device, (code) => replaced.get(code) ?? code);
  const variables = new GpuVariables(guarded.device);
  for (const { name, check } of affected) {
    try {
      const error = await runCheck(check, variables, guarded);
      if (error) return { verdict: 'caught', detail: `${name}: ${error}` };
    } catch (error) {
      if (!(error instanceof BatchNormError)) throw error;
      const verdict =
        error instanceof KernelError && error.where.startsWith('kernel') ? 'invalid' : 'caught';
      return { verdict, detail: `${name}: ${error.message}` };
    }
  }
  return { verdict: 'survived', detail: `${affected.length} checks` };
}

async function compileError(device: GPUDevice, code: string): Promise<string | undefined> {
  device.pushErrorScope('validation');
  device.createShaderModule({ code });
  return (await device.popErrorScope())?.message;
}

/** Entry points from which line `at` can be reached; all of them for a line outside functions. */
function entriesThatReach(text: readonly string[], at: number): string[] {
  const all = functionsOf(text);
  const target = all.find(({ first, last }) => first <= at && at <= last);
  return all
    .filter((fn) => fn.entry && (!target || reachable(fn, all).has(target)))
    .map(({ name }) => name);
}
