// Every case of every op on the GPU, by each of its lowerings, against the float64 reference,
// forwards and backwards.
import { beforeAll, describe, expect, test } from 'vitest';
import { GpuVariables } from '../../src/gpu/variables';
import { cases } from '../../src/self-test/cases';
import { checksOf } from '../../src/self-test/checks';
import { runCheck } from '../support/check-case';
import { getDevice } from '../support/gpu';
import { type GuardedDevice, guard } from '../support/guarded-device';

let guarded: GuardedDevice;
let variables: GpuVariables;
beforeAll(async () => {
  guarded = guard(await getDevice());
  variables = new GpuVariables(guarded.device);
});

for (const op of new Set(cases.map((opCase) => opCase.op))) {
  describe(op, () => {
    for (const opCase of cases.filter((candidate) => candidate.op === op)) {
      test(opCase.name, async () => {
        for (const check of checksOf(opCase)) {
          const error = await runCheck(check, variables, guarded);
          expect(error, error).toBeUndefined();
        }
      });
    }
  });
}
