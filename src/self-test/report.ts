/** What one check gave: a line of a case table, in one direction, by one choice of kernels. */
export interface SelfTestResult {
  /** The table that the case is in, e.g. `batch-norm`. */
  readonly family: string;
  readonly op: string;
  /** What is special about the case; unique for its op. */
  readonly case: string;
  /** The op itself, or the gradients of its inputs. */
  readonly direction: 'forward' | 'gradient';
  /** How it was computed, e.g. `conv2d by tiled`: each check has a result for every way that there is. */
  readonly lowering: string;
  /** Kernels that took part, as `describe()` names them, and `copy` for copies. */
  readonly kernels: readonly string[];
  /** The output that is farthest out, as a share of what is allowed: `y0`, or `dx0` of input 0. */
  readonly output: string;
  /** Its largest |got − want|; NaN where nothing was computed, or one of them is not a number. */
  readonly maxError: number;
  /** Most that `maxError` may be: what f32 rounding may add up to in this case. */
  readonly tolerance: number;
  readonly passed: boolean;
  /** What is wrong: `batchNorm.dx0[1,2,0,4]: got 0.1312, want 0.1298, |err| 1.40e-3 > 1.00e-5`. */
  readonly worst?: string;
}

/** A kernel over all checks that it took part in. */
export interface KernelSummary {
  readonly kernel: string;
  readonly checks: number;
  readonly failed: number;
  /** The check that is farthest out, as a share of its tolerance; one that failed, where one did. */
  readonly worst: SelfTestResult;
}

export interface SelfTestReport {
  readonly version: string;
  /** As `describeAdapter` says it. */
  readonly adapter: string;
  /** Optional features of the device, which kernels may depend on. */
  readonly features: readonly string[];
  /** Cases left out: those with f16 tensors, where the device has no shader-f16. */
  readonly skipped: number;
  /** `stopped` by the signal, before the last case. */
  readonly outcome: 'finished' | 'stopped';
  readonly cases: readonly SelfTestResult[];
  /** By name. */
  readonly kernels: readonly KernelSummary[];
  /** Of `cases`. */
  readonly passed: number;
  readonly failed: number;
}

/** `maxError` as a share of `tolerance`, at most 1 where the check passed; Infinity for what is no number. */
export function shareOf({ maxError, tolerance }: SelfTestResult): number {
  if (maxError === 0) return 0;
  const share = maxError / tolerance;
  return Number.isNaN(share) ? Number.POSITIVE_INFINITY : share;
}

/** Results by kernel, in the order of their names. */
export function summarizeKernels(results: readonly SelfTestResult[]): KernelSummary[] {
  const found = new Map<string, SelfTestResult[]>();
  for (const result of results) {
    for (const kernel of result.kernels) {
      const own = found.get(kernel);
      if (own) own.push(result);
      else found.set(kernel, [result]);
    }
  }
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([kernel, own]) => ({
      kernel,
      checks: own.length,
      failed: own.filter(({ passed }) => !passed).length,
      worst: own.reduce((worst, result) => (isWorse(result, worst) ? result : worst)),
    }));
}

function isWorse(a: SelfTestResult, b: SelfTestResult): boolean {
  return a.passed === b.passed ? shareOf(a) > shareOf(b) : !a.passed;
}
