// Tries mutants of the shaders, one message each: compiles the faulty kernel and runs the cases whose
// plans use it, until one notices. Started by scripts/mutate.mjs, which ends it when a mutant hangs.
import { BatchNormError, KernelError } from '../../src/core/errors';
import { sizeOf } from '../../src/core/shape';
import { compose } from '../../src/gpu/compose';
import { requestDevice, traitsOf } from '../../src/gpu/device';
import { GpuVariables } from '../../src/gpu/variables';
import type { Graph } from '../../src/ir/graph';
import type { Dispatch, Shader, Width } from '../../src/ir/op';
import { requestNodeGPU } from '../../src/node/dawn';
import { graphsOf } from '../../src/self-test/case-graph';
import { cases } from '../../src/self-test/cases';
import type { OpCase } from '../../src/self-test/cases/types';
import { type Check, checksOf } from '../../src/self-test/checks';
import { usesHalves, withHalves } from '../../src/self-test/halves';
import { runCheck } from '../support/check-case';
import { guard } from '../support/guarded-device';
import { reverseThreads } from '../support/thread-order';
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

/** A kernel as cases use it: in other widths it may be no valid WGSL, with or without a fault. */
interface Form {
  readonly kernel: Shader;
  readonly width: Width;
  readonly elem: 'f32' | 'f16';
}

/** A case with the kernels of its graphs. Its checks are made, and tried without a fault, when first needed. */
class UsedCase {
  readonly name: string;
  readonly dispatches: readonly Dispatch[];
  readonly uses: ReadonlySet<string>;
  readonly size: number;
  /** What fails without a fault: such checks are left out. */
  readonly failures: string[] = [];
  #checks?: Check[];

  constructor(
    readonly device: GPUDevice,
    readonly opCase: OpCase,
  ) {
    this.name = `${opCase.op} "${opCase.name}"`;
    const graphs = graphsOf(opCase);
    this.dispatches = graphs.flatMap((graph) => dispatchesOf(device, graph));
    this.uses = new Set(this.dispatches.map(useOf));
    this.size = graphs
      .flatMap((graph) => [...graph.inputs, ...graph.nodes.flatMap((node) => node.outputs)])
      .reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  }

  /** Its checks that use one of `kernels`. */
  async checks(kernels: ReadonlySet<string>): Promise<Check[]> {
    if (!this.#checks) {
      this.#checks = [];
      for (const check of checksOf(this.opCase)) {
        const guarded = guard(this.device);
        const error = await runCheck(check, new GpuVariables(guarded.device), guarded);
        if (error) this.failures.push(`${this.name}: ${error}`);
        else this.#checks.push(check);
      }
    }
    return this.#checks.filter(({ graph }) =>
      dispatchesOf(this.device, graph).some((dispatch) => kernels.has(useOf(dispatch))),
    );
  }
}

/** With `--halves` only the cases with f16 tensors. */
export async function main([only]: readonly string[]): Promise<number> {
  const device = await requestDevice({ gpu: await requestNodeGPU() });
  device.addEventListener('uncapturederror', (event) => event.preventDefault());
  const { f16 } = traitsOf(device);
  if (only === '--halves' && !f16) throw new Error('--halves takes an adapter with shader-f16.');
  const used = cases
    .flatMap(withHalves)
    .filter((opCase) => (usesHalves(opCase) ? f16 : only !== '--halves'))
    .map((opCase) => new UsedCase(device, opCase))
    .sort((a, b) => a.size - b.size);
  const forms = formsOf(used);
  process.on('message', async (mutant: Mutant) => {
    const verdict = await tryMutant(device, used, forms, mutant);
    process.send?.({ ...verdict, failures: used.flatMap(({ failures }) => failures.splice(0)) });
  });
  process.send?.({ ready: true });
  await new Promise((resolve) => process.once('disconnect', resolve));
  return 0;
}

/** Those of all lowerings of all nodes. */
function dispatchesOf(device: GPUDevice, { nodes }: Graph): Dispatch[] {
  const adapter = traitsOf(device);
  return nodes
    .flatMap((node) => node.op.lower?.({ ...node, adapter }) ?? [])
    .flatMap(({ dispatches }) => dispatches);
}

const formOf = ({ kernel, width = 1, elem = 'f32' }: Pick<Dispatch, 'kernel' | 'width' | 'elem'>) =>
  `${kernel.name}×${width} ${elem}`;

const useOf = (dispatch: Dispatch) => `${formOf(dispatch)}.${dispatch.entry ?? 'main'}`;

function formsOf(used: readonly UsedCase[]): Form[] {
  const all = used.flatMap(({ dispatches }) => dispatches);
  return [...new Map(all.map((one) => [formOf(one), one])).values()].map(
    ({ kernel, width = 1, elem = 'f32' }) => ({ kernel, width, elem }),
  );
}

async function tryMutant(
  device: GPUDevice,
  used: readonly UsedCase[],
  forms: readonly Form[],
  { file, line, from, to }: Mutant,
): Promise<Verdict> {
  const replaced = new Map<string, string>();
  const reached = new Set<string>();
  for (const form of forms) {
    const { code, lines } = compose(form.kernel, form.elem, form.width);
    const at = lines.findIndex((source) => source.file === file && source.line === line);
    if (at < 0) continue;
    const text = code.split('\n');
    if (text[at] !== from) return { verdict: 'stale', detail: 'the file has changed' };
    for (const entry of entriesThatReach(text, at)) reached.add(`${formOf(form)}.${entry}`);
    text[at] = to;
    replaced.set(code, text.join('\n'));
  }
  for (const code of replaced.values()) {
    const error = await compileError(device, code);
    if (error) return { verdict: 'invalid', detail: error };
  }

  const faulty = (code: string) => replaced.get(code) ?? code;
  const backwards = (code: string) => reverseThreads(faulty(code));
  const races = [...replaced.values()].some((code) => reverseThreads(code) !== code);
  const verdict = await tryCases(device, used, reached, faulty);
  if (verdict.verdict !== 'survived' || !races) return verdict;
  return tryCases(device, used, reached, backwards);
}

/** Runs the cases that use one of the kernels `reached` until one fails. */
async function tryCases(
  device: GPUDevice,
  used: readonly UsedCase[],
  reached: ReadonlySet<string>,
  shader: (code: string) => string,
): Promise<Verdict> {
  const guarded = guard(device, shader);
  const variables = new GpuVariables(guarded.device);
  let tried = 0;
  for (const usedCase of used) {
    if (![...usedCase.uses].some((use) => reached.has(use))) continue;
    for (const check of await usedCase.checks(reached)) {
      tried++;
      process.send?.({ alive: true });
      try {
        const error = await runCheck(check, variables, guarded);
        if (error) return { verdict: 'caught', detail: `${usedCase.name}: ${error}` };
      } catch (error) {
        if (!(error instanceof BatchNormError)) throw error;
        const verdict =
          error instanceof KernelError && error.where.startsWith('kernel') ? 'invalid' : 'caught';
        return { verdict, detail: `${usedCase.name}: ${error.message}` };
      }
    }
  }
  if (!tried) return { verdict: 'unused', detail: 'no case uses it on this adapter' };
  return { verdict: 'survived', detail: `${tried} checks` };
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
