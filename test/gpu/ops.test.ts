// Every case of every op on the GPU, by each of its lowerings, against the float64 reference,
// forwards and backwards; with f16 tensors too, where the adapter has shader-f16.
import { beforeAll, describe, expect, test } from 'vitest';
import { GpuVariables } from '../../src/gpu/variables';
import { cases } from '../../src/self-test/cases';
import { checksOf } from '../../src/self-test/checks';
import { usesHalves, withHalves } from '../../src/self-test/halves';
import { runCheck } from '../support/check-case';
import { getAdapter, getDevice } from '../support/gpu';
import { type GuardedDevice, guard } from '../support/guarded-device';

const halves = (await getAdapter()).features.has('shader-f16');
const all = cases.flatMap(withHalves);

let guarded: GuardedDevice;
let variables: GpuVariables;
beforeAll(async () => {
  guarded = guard(await getDevice());
  variables = new GpuVariables(guarded.device);
});

for (const op of new Set(all.map((opCase) => opCase.op))) {
  describe(op, () => {
    for (const opCase of all.filter((candidate) => candidate.op === op)) {
      const skipped = usesHalves(opCase) && !halves;
      test.skipIf(skipped)(opCase.name, async () => {
        for (const check of checksOf(opCase)) {
          const error = await runCheck(check, variables, guarded);
          expect(error, error).toBeUndefined();
        }
      });
    }
  });
}
