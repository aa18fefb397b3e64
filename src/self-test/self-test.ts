import { version } from '../../package.json';
import { knownOptions } from '../core/check';
import { describeAdapter, requestDevice, traitsOf } from '../gpu/device';
import { GpuVariables } from '../gpu/variables';
import { checksOf } from './checks';
import { usesHalves } from './halves';
import { type SelfTestReport, type SelfTestResult, summarizeKernels } from './report';
import { runCheck } from './run-check';
import { type Selected, select } from './select';
import { UncapturedErrors } from './uncaptured';

export interface SelfTestOptions {
  /** The device to test, which stays the app's. Default: one of its own, destroyed at the end. */
  readonly device?: GPUDevice;
  /** Where to look for an adapter, where no device is given; default `navigator.gpu`. */
  readonly gpu?: GPU;
  /** Families of cases (see {@link selfTestFamilies}) or ops, by name; default all. */
  readonly only?: string | readonly string[];
  /** Stops before the next case; what is done is reported. */
  readonly signal?: AbortSignal;
  /** Called after each case. */
  readonly progress?: (progress: SelfTestProgress) => void;
}

export interface SelfTestProgress {
  /** Cases done, this one included, and how many there are in all. */
  readonly done: number;
  readonly total: number;
  /** The checks of this case. */
  readonly results: readonly SelfTestResult[];
}

const NAMES: Readonly<Record<keyof SelfTestOptions, true>> = {
  device: true,
  gpu: true,
  only: true,
  signal: true,
  progress: true,
};

/**
 * Whether this adapter computes what it should: runs the library's own test cases on it, each by every
 * kernel that can compute it, forwards and backwards, and compares with the float64 reference.
 *
 *     const { failed, kernels } = await selfTest({ progress: ({ done, total }) => … });
 *
 * Cases with f16 tensors are left out where the device has no shader-f16; the report counts them.
 *
 * Cases are small and run one after the other, with a turn of the event loop between them, so a page
 * stays live. A wrong number, a kernel that does not compile and any error on the device that nobody
 * captured (an app's own included, where the device is shared) count as failed checks. The kernels
 * compiled stay with the device, so a device of the test's own is best in a page.
 *
 * Throws an ArgumentError for options that it does not know, a NameError for names in `only` that are
 * neither a family nor an op, a DeviceError where there is no adapter, a DeviceLostError where the
 * device is lost on the way.
 */
export async function selfTest(options: SelfTestOptions = {}): Promise<SelfTestReport> {
  knownOptions(options, Object.keys(NAMES), 'selfTest');
  const { signal, progress } = options;
  const named = select(options.only);
  const device = options.device ?? (await requestDevice({ gpu: options.gpu }));
  const selected = named.filter(({ opCase }) => traitsOf(device).f16 || !usesHalves(opCase));
  const uncaptured = new UncapturedErrors(device);
  const variables = new GpuVariables(device);
  const cases: SelfTestResult[] = [];
  let done = 0;
  try {
    for (const one of selected) {
      if (signal?.aborted) break;
      const results = await runCase(one, variables, uncaptured);
      cases.push(...results);
      done++;
      progress?.({ done, total: selected.length, results });
    }
  } finally {
    uncaptured.stop();
    variables.dispose();
    if (!options.device) device.destroy();
  }
  const failed = cases.filter(({ passed }) => !passed).length;
  return {
    version,
    adapter: describeAdapter(device),
    features: [...device.features].sort(),
    skipped: named.length - selected.length,
    outcome: done < selected.length ? 'stopped' : 'finished',
    cases,
    kernels: summarizeKernels(cases),
    passed: cases.length - failed,
    failed,
  };
}

async function runCase(
  { family, opCase }: Selected,
  variables: GpuVariables,
  uncaptured: UncapturedErrors,
): Promise<SelfTestResult[]> {
  const { op, name } = opCase;
  const results: SelfTestResult[] = [];
  for (const check of checksOf(opCase)) {
    for await (const result of runCheck(op, check, variables)) {
      const [message] = await uncaptured.take();
      const failure = { passed: false, worst: `uncaptured GPU error: ${message}` };
      results.push({
        family,
        op,
        case: name,
        direction: check.direction,
        ...result,
        ...(message !== undefined && failure),
      });
    }
  }
  return results;
}
