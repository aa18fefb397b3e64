// A network with one of most layers, forwards in training mode: GPU against the float64 reference.
import { expect, test } from 'vitest';
import { worstError } from '../../src/core/compare';
import { sizeOf } from '../../src/core/shape';
import { GpuVariables } from '../../src/gpu/variables';
import * as m from '../../src/index';
import { compileGpu } from '../../src/runtime/compile';
import { buildTrainable } from '../../src/train/build';
import { getDevice } from '../support/gpu';
import { runModel } from '../support/run-model';

function network(): m.Model {
  const image = m.input([10, 10, 2]);
  const stem = m.relu()(m.batchNorm()(m.conv2d(4, 3, { padding: 'same' })(image)));
  const branch = m.batchNorm({ momentum: null })(
    m.separableConv2d(4, 3, { padding: 'same' })(stem),
  );
  const wide = m.concat()(m.add()(stem, branch), m.groupNorm({ groups: 2 })(stem));
  const small = m.maxPooling2d()(m.dropout(0.3)(wide));
  const spread = m.conv2dTranspose(2, 3, { strides: 2, padding: 'same' })(m.upSampling2d()(small));
  return m.model(image, m.dense(3, { activation: 'softmax' })(m.flatten()(spread)));
}

test('a network in training mode', async () => {
  const built = network();
  const options = { batch: 3, training: true };
  const state = built.initialState(1);
  const x = Array.from({ length: 600 }, (_, i) => Math.fround(Math.sin(i * i)));
  const want = runModel(built, state, x, options);
  const variables = new GpuVariables(await getDevice());
  for (const [name, { type, values }] of state) variables.create(name, type, values);
  const { graph } = buildTrainable(built, options);
  const program = await compileGpu(graph, variables);
  const { output } = await program.run({ input: x });
  const check = (
    name: string,
    got: ArrayLike<number>,
    wanted: number[],
    shape: readonly number[],
  ) => expect(worstError(got, wanted, { name, shape, atol: 1e-5, rtol: 1e-5 })).toBeUndefined();
  check('output', output, want.outputs.output, [3, 3]);
  for (const [name, values] of Object.entries(want.updates)) {
    const { shape } = variables.type(name);
    expect(values).toHaveLength(sizeOf(shape));
    check(name, await variables.get(name), values, shape);
  }
  program.dispose();
  variables.dispose();
});
