import {
  type LayerReport,
  type Model,
  ModelState,
  modelFromConfig,
  reportLayers,
} from 'webgpu-batchnorm';
import { formatCount } from '../../parts/format';
import type { FileKind, ReadModel } from './protocol';

/** A model that is open: its layers, its numbers, and what is said of it. */
export interface OpenModel {
  readonly file: string;
  readonly format: string;
  readonly kind: FileKind;
  /** Whether the file left extents open. */
  readonly open: boolean;
  readonly model: Model;
  readonly state: ModelState;
  readonly layers: readonly LayerReport[];
  /** Operations of one example. */
  readonly flops: number;
}

export function openModel({ config, tensors, ...read }: ReadModel): OpenModel {
  const model = modelFromConfig(config);
  const state = new ModelState(tensors);
  const layers = reportLayers(model);
  const flops = layers.reduce((sum, layer) => sum + layer.flops, 0);
  return { ...read, model, state, layers, flops };
}

/** The same layers with other numbers. */
export function withWeights(opened: OpenModel, { file, tensors }: ReadModel): OpenModel {
  const format = `${opened.format}; weights from ${file}`;
  return { ...opened, format, kind: 'weights', state: new ModelState(tensors) };
}

/** `[N, 28, 28, 1]` */
export function formatShape(shape: readonly number[], batched: boolean): string {
  return `[${[...(batched ? ['N'] : []), ...shape].join(', ')}]`;
}

/** `1.23 M`: operations, parameters. */
export function formatAmount(amount: number): string {
  for (const [unit, size] of [
    ['G', 1e9],
    ['M', 1e6],
    ['k', 1e4],
  ] as const) {
    if (amount >= size) return `${(amount / (unit === 'k' ? 1e3 : size)).toPrecision(3)} ${unit}`;
  }
  return formatCount(Math.round(amount));
}

/** What folds, in a sentence. */
export function foldSummary(layers: readonly LayerReport[]): string {
  const norms = layers.filter(({ fold }) => fold);
  const folding = norms.filter(({ fold }) => fold?.folds).length;
  if (!norms.length) return 'It has no batch norm.';
  const all = norms.length === 1 ? 'Its batch norm' : `Its ${norms.length} batch norms`;
  if (folding === norms.length) {
    return `${all} ${norms.length === 1 ? 'folds' : 'all fold'} into the layer before: at inference nothing of ${norms.length === 1 ? 'it' : 'them'} is left to compute.`;
  }
  if (!folding) return `${all} cannot fold: the table says why.`;
  return `Of its ${norms.length} batch norms ${folding} ${folding === 1 ? 'folds' : 'fold'} into the layer before, and ${norms.length - folding} cannot: the table says why.`;
}
