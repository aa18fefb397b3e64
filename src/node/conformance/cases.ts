import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Tolerance } from '../../core/compare';
import { ArgumentError } from '../../core/errors';
import { type OnnxTensor, readTensor } from '../../formats/onnx';

/** A model, and sets of inputs and of what is expected of them. */
export interface ConformanceCase {
  readonly id: string;
  readonly tolerance: Tolerance;
  model(): Promise<Uint8Array>;
  /** In the order of the graph's inputs that are not initializers, and of its outputs. */
  sets(): Promise<readonly DataSet[]>;
  /** Tensors of the graph that are to have other numbers. */
  readonly values?: ReadonlyMap<string, OnnxTensor>;
  /** Tensors of the graph that are expected instead of its outputs. */
  readonly outputs?: readonly string[];
  /** As the importer's option. */
  readonly maxElements?: number;
}

export interface DataSet {
  readonly inputs: readonly OnnxTensor[];
  readonly outputs: readonly OnnxTensor[];
}

export const TOLERANCE: Tolerance = { rtol: 1e-3, atol: 1e-5 };

/** Every case below `directory` in the layout of ONNX's backend tests, by path. */
export async function findCases(directory: string): Promise<ConformanceCase[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const models = entries
    .filter((entry) => entry.isFile() && entry.name === 'model.onnx')
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const tolerances = await manifestTolerances(directory);
  return models.map((file) => {
    const folder = dirname(file);
    const id = relative(directory, folder) || '.';
    return {
      id,
      tolerance: tolerances.get(id) ?? TOLERANCE,
      model: () => readFile(file),
      sets: () => dataSets(folder),
    };
  });
}

/** Tolerances that `manifest.json` gives for paths; none where there is no such file. */
async function manifestTolerances(directory: string): Promise<Map<string, Tolerance>> {
  const file = join(directory, 'manifest.json');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    return new Map();
  }
  const { models = [] } = JSON.parse(text) as {
    models?: readonly { readonly path?: string; readonly tol?: Tolerance }[];
  };
  return new Map(models.flatMap(({ path, tol }) => (path && tol ? [[path, tol] as const] : [])));
}

async function dataSets(folder: string): Promise<DataSet[]> {
  const names = (await readdir(folder)).filter((name) => /^test_data_set_\d+$/.test(name));
  if (!names.length) {
    throw new ArgumentError({ where: folder, rule: 'a case has a test_data_set_0', found: 'none' });
  }
  return Promise.all(
    names.sort(byNumber).map(async (name) => ({
      inputs: await tensors(join(folder, name), 'input'),
      outputs: await tensors(join(folder, name), 'output'),
    })),
  );
}

async function tensors(folder: string, kind: 'input' | 'output'): Promise<OnnxTensor[]> {
  const names = (await readdir(folder)).filter((name) =>
    new RegExp(`^${kind}_\\d+\\.pb$`).test(name),
  );
  return Promise.all(
    names.sort(byNumber).map(async (name) => readTensor(await readFile(join(folder, name)), name)),
  );
}

const numberIn = (name: string): number => Number(/\d+/.exec(name)?.[0]);
const byNumber = (a: string, b: string): number => numberIn(a) - numberIn(b);
