import { findWorst, worstError } from '../core/compare';
import { BatchNormError, DeviceLostError, KernelError } from '../core/errors';
import type { GpuVariables } from '../gpu/variables';
import { kernelLabel } from '../plan/describe';
import type { Plan } from '../plan/types';
import { compileGpu } from '../runtime/compile';
import type { Outputs } from '../runtime/program';
import type { Check, Expected } from './checks';
import { type Choice, choices } from './lowerings';
import type { SelfTestResult } from './report';

/** What a check says of itself; the caller knows its case. */
export type CheckResult = Omit<SelfTestResult, 'family' | 'op' | 'case' | 'direction'>;

/**
 * Runs a check of `op` by each of its lowerings. What the library or the device refuses is a failed
 * check; throws a DeviceLostError, which would be all that the rest could say.
 */
export async function* runCheck(
  op: string,
  check: Check,
  variables: GpuVariables,
): AsyncGenerator<CheckResult, void, undefined> {
  for (const choice of choices()) {
    let result: Omit<CheckResult, 'lowering'>;
    try {
      result = await runChoice(op, check, choice, variables);
    } catch (error) {
      if (error instanceof DeviceLostError || !(error instanceof BatchNormError)) throw error;
      const unknown = { maxError: Number.NaN, tolerance: Number.NaN };
      const output = check.expected[0].name;
      result = {
        kernels: kernelAtFault(error),
        output,
        ...unknown,
        passed: false,
        worst: error.message,
      };
    }
    yield { lowering: choice.names(), ...result };
  }
}

async function runChoice(
  op: string,
  { graph, inputs, expected }: Check,
  { choose }: Choice,
  variables: GpuVariables,
): Promise<Omit<CheckResult, 'lowering'>> {
  const program = await compileGpu(graph, variables, { choose });
  try {
    const got = await program.run(inputs);
    return { kernels: kernelsOf(program.plan), ...compare(op, got, expected) };
  } finally {
    program.dispose();
  }
}

function compare(op: string, got: Outputs, expected: readonly Expected[]) {
  const all = expected.map((one) => ({ one, worst: findWorst(got[one.name], one.values, one) }));
  const { one, worst } = all.reduce((a, b) => (b.worst.share > a.worst.share ? b : a));
  const name = `${op}.${one.name}`;
  const message = worstError(got[one.name], one.values, { ...one, name });
  return {
    output: one.name,
    maxError: worst.error,
    tolerance: worst.allowed,
    passed: !message,
    ...(message && { worst: message }),
  };
}

function kernelsOf(plan: Plan): string[] {
  const names = plan.steps.map((step) => (step.kind === 'copy' ? 'copy' : kernelLabel(plan, step)));
  return [...new Set(names)];
}

/** The kernel that did not compile, where that is what `error` says. */
function kernelAtFault(error: BatchNormError): string[] {
  const [, kernel] = (error instanceof KernelError && /^kernel "(.*)"$/.exec(error.where)) || [];
  return kernel === undefined ? [] : [kernel];
}
