import { expect, test } from 'vitest';
import { GpuVariables } from '../../src/gpu/variables';
import { GraphBuilder } from '../../src/ir/builder';
import { tanhOp } from '../../src/ops/activations';
import { addOp, mulOp } from '../../src/ops/binary';
import { compileBisected } from '../../src/runtime/bisect';
import { getDevice } from '../support/gpu';

test('any prefix may run on the CPU: the numbers stay, states included', async () => {
  const type = { dtype: 'f32', shape: [9] } as const;
  const g = new GraphBuilder();
  const [x, s] = [g.input('x', type), g.state('s', type)];
  const a = g.op(mulOp, [x, s]);
  const b = g.op(mulOp, [g.op(tanhOp, [a]), a]);
  g.output('early', a);
  g.output('late', g.op(addOp, [b, s]));
  g.update(s, b);
  const graph = g.build();

  const numbers = Float32Array.from({ length: 9 }, (_, i) => 0.3 * i - 1);
  const results = [];
  for (let count = 0; count <= graph.nodes.length; count++) {
    const variables = new GpuVariables(await getDevice());
    variables.create('s', type, numbers.map(Math.cos));
    const program = await compileBisected(graph, count, variables);
    const { early, late } = await program.run({ x: numbers });
    results.push([...early, ...late, ...(await variables.get('s'))]);
    program.dispose();
    variables.dispose();
  }
  const [onGpu, ...others] = results;
  for (const other of others) {
    expect(other).toHaveLength(27);
    other.forEach((value, i) => {
      expect(value).toBeCloseTo(onGpu[i], 5);
    });
  }
});
