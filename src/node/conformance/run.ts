import { worstError } from '../../core/compare';
import { ShapeError } from '../../core/errors';
import { inspectOnnx, type OnnxTensor } from '../../formats/onnx';
import { importOnnx } from '../../formats/onnx/import';
import type { Model } from '../../model/model';
import { compile, type Network } from '../../runtime/network';
import { buildTrainable } from '../../train/build';
import type { ConformanceCase, DataSet } from './cases';

/** Where cases are computed: on a device, or on the CPU reference. */
export type Where = { readonly backend: 'cpu' } | { readonly device: GPUDevice };

/** Computes a case and compares: undefined, or a line that says what is wrong. Never throws. */
export async function runCase(test: ConformanceCase, where: Where): Promise<string | undefined> {
  try {
    const bytes = await test.model();
    for (const [i, set] of (await test.sets()).entries()) {
      const error = await runSet(test, bytes, set, where);
      if (error) return i ? `set ${i}: ${error}` : error;
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function runSet(
  test: ConformanceCase,
  bytes: Uint8Array,
  { inputs, outputs }: DataSet,
  where: Where,
): Promise<string | undefined> {
  const summary = inspectOnnx(bytes, test.id);
  const given = new Map(summary.inputs.map(({ name }, i) => [name, inputs[i]]));
  const known = summary.inputs.filter(({ known }) => known).map(({ name }) => name);
  const values = new Map([
    ...(test.values ?? []),
    ...known.flatMap((name) =>
      given.get(name) ? [[name, given.get(name) as OnnxTensor] as const] : [],
    ),
  ]);
  const { model, state, constants, updates, names } = importOnnx(bytes, {
    name: test.id,
    values,
    outputs: test.outputs,
    maxElements: test.maxElements,
  });
  const wanted = test.outputs ?? summary.outputs.map(({ name }) => name);
  const got = new Map<string, ArrayLike<number>>();
  for (const [name, { data }] of constants) got.set(name, data);
  if (model) {
    const data = [...given].flatMap(([name, tensor]) => {
      const port = names.get(name);
      return port === undefined || !tensor ? [] : [[port, tensor.data] as const];
    });
    const network = await compile(model, { ...where, state });
    try {
      const made = await outputsOf(network, model, Object.fromEntries(data), updates.size > 0);
      for (const name of wanted) {
        const port = names.get(name);
        if (port !== undefined && Object.hasOwn(made, port)) got.set(name, made[port]);
      }
      for (const [name, key] of updates) got.set(name, await network.variables.get(key));
    } finally {
      network.dispose();
    }
  }
  for (const [i, want] of outputs.entries()) {
    const name = wanted[i];
    const numbers = got.get(name);
    if (!numbers) throw new ShapeError({ where: `output "${name}"`, rule: 'it is computed' });
    const error = worstError(numbers, want.data, { name, shape: want.dims, ...test.tolerance });
    if (error) return error;
  }
  return undefined;
}

type Numbers = Readonly<Record<string, OnnxTensor['data']>>;

/** Inference; or, where statistics after a step are asked for, the forward pass of a training step. */
async function outputsOf(
  network: Network,
  model: Model,
  inputs: Numbers,
  training: boolean,
): Promise<Record<string, ArrayLike<number>>> {
  if (!training) {
    const all = await network.predictAll(inputs);
    return Object.fromEntries(Object.entries(all).map(([name, { data }]) => [name, data]));
  }
  const { graph } = buildTrainable(model, { batch: 1, training });
  const program = await network.compileGraph(graph);
  try {
    return await program.run(inputs);
  } finally {
    program.dispose();
  }
}
