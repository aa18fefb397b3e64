// Kernels with barriers give the same with their threads in the other order: no thread reads what
// another is yet to write.
import { beforeAll, expect, test } from 'vitest';
import { compose } from '../../src/gpu/compose';
import { traitsOf } from '../../src/gpu/device';
import { GpuVariables } from '../../src/gpu/variables';
import { ops } from '../../src/ops';
import { cases } from '../cases';
import { graphsOf } from '../support/case-graph';
import { checksOf, runCheck } from '../support/check-case';
import { getDevice } from '../support/gpu';
import { type GuardedDevice, guard } from '../support/guarded-device';
import { reverseThreads } from '../support/thread-order';

/** Of each op: enough for every kernel and number of lanes, few enough to be quick. */
const CASES = 6;

let guarded: GuardedDevice;
let variables: GpuVariables;
beforeAll(async () => {
  guarded = guard(await getDevice(), reverseThreads);
  variables = new GpuVariables(guarded.device);
});

const reversible = (kernel: string) => {
  const { code } = compose(kernel, 'f32');
  return reverseThreads(code) !== code;
};

for (const op of new Set(cases.map((opCase) => opCase.op))) {
  test(op, async () => {
    const adapter = traitsOf(guarded.device);
    const own = cases
      .filter((opCase) => opCase.op === op)
      .filter((opCase) => {
        const lowerings = graphsOf(opCase)
          .flatMap(({ nodes }) => nodes)
          .flatMap((node) => ops.get(node.op).lower?.({ ...node, adapter }) ?? []);
        return lowerings
          .flatMap(({ dispatches }) => dispatches)
          .some(({ kernel }) => reversible(kernel));
      });
    for (const opCase of own.slice(0, CASES)) {
      for (const check of checksOf(opCase)) {
        const error = await runCheck(check, variables, guarded);
        expect(error, `${opCase.name}: ${error}`).toBeUndefined();
      }
    }
  });
}
