import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { parseArgs } from 'node:util';
import { formatShape, sizeOf } from '../../core/shape';
import { readSafetensors } from '../../formats/safetensors';
import type { SymbolicTensor } from '../../model/layer';
import { type LayerReport, reportLayers } from '../../runtime/layer-report';
import { OPEN_FLAGS, OPEN_USAGE, type OpenModel, openModel } from './open-model';
import { parsed, UsageError } from './usage';

export const USAGE = `usage: webgpu-batchnorm inspect FILE [--json]
  What is in a model: layers, shapes, parameters, operations, which batch norms fold. Of a safetensors
  file without a model: its tensors.

${OPEN_USAGE}
  --json                      as JSON`;

export async function inspect(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parsed(() =>
    parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { ...OPEN_FLAGS, json: { type: 'boolean', default: false } },
    }),
  );
  const [file] = positionals;
  if (positionals.length !== 1) throw new UsageError('inspect takes one file');
  if (extname(file).toLowerCase() === '.safetensors' && !values.weights) {
    const bytes = await readFile(file);
    const contents = readSafetensors(bytes, basename(file));
    if (!contents.metadata.has('model')) {
      console.log(values.json ? tensorsJson(contents.tensors) : tensorsText(contents.tensors));
      return 0;
    }
  }
  const opened = await openModel(file, values);
  const layers = reportLayers(opened.model);
  console.log(values.json ? json(opened, layers) : text(basename(file), opened, layers));
  return 0;
}

const full = ({ shape, batched }: SymbolicTensor) => (batched ? ['N', ...shape] : [...shape]);
const shown = (tensor: SymbolicTensor) => `[${full(tensor).join(', ')}]`;

function text(file: string, { model, format }: OpenModel, layers: readonly LayerReport[]): string {
  const ports = (what: string, list: OpenModel['model']['inputs']) =>
    list.map(({ name, tensor }) => `${what.padEnd(8)} ${name} ${shown(tensor)} ${tensor.dtype}`);
  const norms = layers.filter(({ fold }) => fold);
  const flops = layers.reduce((sum, layer) => sum + layer.flops, 0);
  const widest = Math.max(12, ...layers.map(({ name }) => name.length));
  const costs = layers
    .filter((layer) => layer.flops)
    .sort((a, b) => b.flops - a.flops)
    .slice(0, 10)
    .map((layer) => {
      const share = `${((100 * layer.flops) / flops).toFixed(1)}%`;
      return `  ${layer.name.padEnd(widest)} ${amount(layer.flops).padStart(10)} ${share.padStart(6)}`;
    });
  return [
    `${file}: ${format}`,
    ...ports('input', model.inputs),
    ...ports('output', model.outputs),
    '',
    model.summary().trimEnd(),
    '',
    `Operations of one example: ${amount(flops)}${costs.length ? ', most of them in' : ''}`,
    ...costs,
    ...(norms.length ? ['', ...foldText(norms)] : []),
  ].join('\n');
}

function foldText(norms: readonly LayerReport[]): string[] {
  const left = norms.filter(({ fold }) => !fold?.folds);
  return [
    `Batch norms: ${norms.length}, of which ${norms.length - left.length} fold into the layer before them at inference`,
    ...left.map(({ name, fold }) => `  ${name} stays: ${fold?.reason}`),
  ];
}

function json({ model, format }: OpenModel, layers: readonly LayerReport[]): string {
  const ports = (list: OpenModel['model']['inputs']) =>
    list.map(({ name, tensor }) => ({ name, shape: full(tensor), dtype: tensor.dtype }));
  const { inputs, outputs } = model;
  return JSON.stringify(
    {
      format,
      inputs: ports(inputs),
      outputs: ports(outputs),
      parameters: model.countParams(),
      layers,
    },
    null,
    2,
  );
}

type Tensors = ReturnType<typeof readSafetensors>['tensors'];

function tensorsText(tensors: Tensors): string {
  const widest = Math.max(...[...tensors.keys()].map((name) => name.length), 0);
  const lines = [...tensors].map(
    ([name, { dtype, shape }]) =>
      `${name.padEnd(widest)}  ${dtype.padEnd(4)}  ${formatShape(shape)}`,
  );
  const total = [...tensors.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return [...lines, `${tensors.size} tensors, ${total} numbers`].join('\n');
}

function tensorsJson(tensors: Tensors): string {
  const list = [...tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
  return JSON.stringify({ tensors: list }, null, 2);
}

/** 1234567 as 1.23 M. */
export function amount(count: number): string {
  for (const [unit, size] of [
    ['G', 1e9],
    ['M', 1e6],
    ['k', 1e3],
  ] as const) {
    if (count >= size) return `${(count / size).toPrecision(3)} ${unit}`;
  }
  return String(Math.round(count));
}
