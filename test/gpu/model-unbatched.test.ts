// Tensors without a batch on a GPU: given whole beside batches, and beside tables of samples.
import { expect, test } from 'vitest';
import * as m from '../../src/index';
import { getDevice } from '../support/gpu';

function scaled(): m.Model {
  const x = m.input([2], { name: 'x' });
  const unit = m.input([2], { name: 'unit', batch: false });
  const factor = m.parameter([1, 2], { name: 'factor', initializer: 'ones' });
  return m.model([x, unit], m.multiply()(x, factor, unit));
}

test('a training with an input that is the same for all samples agrees with the CPU', async () => {
  const x = [1, 2, 3, 4, 5, 6, 7, 8];
  const data = { x: { x, unit: [0.5, 1] }, y: x.map((value) => 2 * value) };
  const factors = await Promise.all(
    (['gpu', 'cpu'] as const).map(async (backend) => {
      const net = await m.compile(scaled(), { backend, device: await getDevice() });
      const optimizer = m.sgd({ learningRate: 0.02 });
      await m.fit(net, data, { loss: 'meanSquaredError', optimizer, epochs: 2, batch: 3 }).run();
      const { loss } = await m.evaluate(net, data, { loss: 'meanSquaredError', batch: 3 });
      const y = await net.predict({ x, unit: [1, 2] }, { batch: 3 });
      net.dispose();
      return [loss, ...y.data];
    }),
  );
  for (const [i, value] of factors[0].entries()) expect(value).toBeCloseTo(factors[1][i], 4);
  expect(factors[0][1]).toBeGreaterThan(1.1);
});
