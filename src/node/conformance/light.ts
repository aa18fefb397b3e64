// Models without their weights, as the ONNX project has them in its "light" tests: all weights one
// number, or numbers of a generator; inputs by a rule. The folder's manifest.json says how.
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tolerance } from '../../core/compare';
import { type OnnxTensor, readTensor } from '../../formats/onnx';
import type { ConformanceCase } from './cases';

interface Manifest {
  readonly format?: string;
  readonly models?: readonly LightModel[];
}

interface LightModel {
  readonly name: string;
  readonly model: string;
  readonly expected: string;
  readonly graph_inputs: readonly { readonly shape: readonly number[] }[];
  readonly rtol: number;
}

/** Numbers of a linear congruential generator: see {@link generate}. */
interface Generated {
  readonly shape: readonly number[];
  readonly seed: number;
  readonly mul: number;
  readonly add: number;
}

interface Seeded {
  readonly model: string;
  readonly input: Generated;
  readonly weights: readonly (Generated & { readonly output: string })[];
  readonly expected: {
    readonly tensor: string;
    readonly file: string;
    readonly tol: Tolerance;
  };
}

/** All weights of VGG-19 and more: they are made at import. */
const MAX_ELEMENTS = 2 ** 28;

/** The cases of a folder of light models; none where there is no such manifest. */
export async function findLightCases(directory: string): Promise<ConformanceCase[]> {
  const file = join(directory, 'manifest.json');
  if (!existsSync(file)) return [];
  const { format, models = [] } = JSON.parse(await readFile(file, 'utf8')) as Manifest;
  if (!format?.startsWith('refdata-onnx-light')) return [];
  const folder = join(directory, 'seeded');
  const names = existsSync(folder)
    ? (await readdir(folder)).filter((n) => n.endsWith('.json'))
    : [];
  const seeded = names.sort().map((name) => seededCase(directory, folder, name));
  return [...models.map((model) => constantCase(directory, model)), ...(await Promise.all(seeded))];
}

function constantCase(directory: string, light: LightModel): ConformanceCase {
  const inputs = light.graph_inputs.map(({ shape }) => ramp(shape));
  return {
    id: light.name,
    tolerance: { rtol: light.rtol, atol: 1e-5 },
    maxElements: MAX_ELEMENTS,
    model: () => readFile(join(directory, light.model)),
    sets: async () => [
      { inputs, outputs: [readTensor(await readFile(join(directory, light.expected)))] },
    ],
  };
}

async function seededCase(
  directory: string,
  folder: string,
  name: string,
): Promise<ConformanceCase> {
  const { model, input, weights, expected } = JSON.parse(
    await readFile(join(folder, name), 'utf8'),
  ) as Seeded;
  return {
    id: `seeded/${name.replace(/\.json$/, '')}`,
    tolerance: expected.tol,
    maxElements: MAX_ELEMENTS,
    model: () => readFile(join(directory, model)),
    sets: async () => {
      const { buffer, byteOffset, byteLength } = await readFile(join(folder, expected.file));
      const data = new Float64Array(buffer.slice(byteOffset, byteOffset + byteLength));
      return [
        { inputs: [generate(input)], outputs: [{ dtype: 'double', dims: [data.length], data }] },
      ];
    },
    values: new Map(weights.map((weight) => [weight.output, generate(weight)])),
    outputs: [expected.tensor],
  };
}

/** 0 to 1 in even steps. */
function ramp(dims: readonly number[]): OnnxTensor {
  const size = dims.reduce((product, extent) => product * extent, 1);
  return { dtype: 'float', dims, data: Float32Array.from({ length: size }, (_, i) => i / size) };
}

/** Numbers around `add`, spread by `mul`: the upper bits of s·1664525 + 1013904223 mod 2^32. */
export function generate({ shape, seed, mul, add }: Generated): OnnxTensor {
  let s = seed >>> 0;
  const next = () => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    return Math.fround(((s >>> 8) / 16777216 - 0.5) * mul + add);
  };
  const size = shape.reduce((product, extent) => product * extent, 1);
  return { dtype: 'float', dims: shape, data: Float32Array.from({ length: size }, next) };
}
