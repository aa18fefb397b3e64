// Kernels with barriers give the same with their threads in the other order: no thread reads what
// another is yet to write.
import { beforeAll, expect, test } from 'vitest';
import { sizeOf } from '../../src/core/shape';
import { compose } from '../../src/gpu/compose';
import { traitsOf } from '../../src/gpu/device';
import { GpuVariables } from '../../src/gpu/variables';
import type { Shader } from '../../src/ir/op';
import { graphsOf } from '../../src/self-test/case-graph';
import { cases } from '../../src/self-test/cases';
import type { OpCase } from '../../src/self-test/cases/types';
import { checksOf } from '../../src/self-test/checks';
import { usesHalves, withHalves } from '../../src/self-test/halves';
import { runCheck } from '../support/check-case';
import { getDevice } from '../support/gpu';
import { type GuardedDevice, guard } from '../support/guarded-device';
import { reverseThreads } from '../support/thread-order';

let guarded: GuardedDevice;
let variables: GpuVariables;
beforeAll(async () => {
  guarded = guard(await getDevice(), reverseThreads);
  variables = new GpuVariables(guarded.device);
});

const largest = ({ inputs }: OpCase) => Math.max(...inputs.map(({ shape }) => sizeOf(shape)));

const reversible = (kernel: Shader) => {
  const { code } = compose(kernel, 'f32');
  return reverseThreads(code) !== code;
};

for (const op of new Set(cases.map((opCase) => opCase.op))) {
  test(op, async () => {
    const adapter = traitsOf(guarded.device);
    const own = cases
      .filter((opCase) => opCase.op === op && !usesHalves(opCase))
      .filter((opCase) => {
        const lowerings = graphsOf(opCase)
          .flatMap(({ nodes }) => nodes)
          .flatMap((node) => node.op.lower?.({ ...node, adapter }) ?? []);
        return lowerings
          .flatMap(({ dispatches }) => dispatches)
          .some(({ kernel }) => reversible(kernel));
      });
    // The largest, where every lane has something to do.
    const opCase = own.sort((a, b) => largest(b) - largest(a)).at(0);
    for (const one of opCase ? withHalves(opCase) : []) {
      if (usesHalves(one) && !adapter.f16) continue;
      for (const check of checksOf(one)) {
        const error = await runCheck(check, variables, guarded);
        expect(error, `${one.name}: ${error}`).toBeUndefined();
      }
    }
  });
}
