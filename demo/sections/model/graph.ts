import type { LayerReport, Model, SymbolicTensor } from 'webgpu-batchnorm';
import { formatShape } from './opened';

/** A row of the graph: an input of the model, or one application of a layer. */
export interface GraphRow {
  readonly name: string;
  /** The layer's name; undefined for an input. */
  readonly layer?: string;
  readonly type: string;
  readonly shape: string;
  readonly parameters: number;
  readonly flops: number;
  readonly fold?: LayerReport['fold'];
  /** Rows that it reads, by number. */
  readonly reads: readonly number[];
  /** Whether its output is one of the model's. */
  readonly output: boolean;
}

/** Inputs and applications of layers, each after what it reads. */
export function rowsOf(model: Model, layers: readonly LayerReport[]): GraphRow[] {
  const outputs = new Set(model.outputs.map(({ tensor }) => tensor));
  const numbers = new Map<SymbolicTensor, number>();
  const rows: GraphRow[] = model.inputs.map(({ name, tensor }, i) => {
    numbers.set(tensor, i);
    return {
      name,
      type: 'input',
      shape: formatShape(tensor.shape, tensor.batched),
      parameters: 0,
      flops: 0,
      reads: [],
      output: outputs.has(tensor),
    };
  });
  const places = new Map(model.places.map((place) => [place.layer, place]));
  const reports = new Map(layers.map((report) => [report.name, report]));
  for (const tensor of model.tensors) {
    const { layer, inputs } = tensor.call;
    const place = places.get(layer);
    const report = place && reports.get(place.name);
    if (!place || !report) continue;
    const repeat = place.outputs.indexOf(tensor);
    numbers.set(tensor, rows.length);
    rows.push({
      name: repeat ? `${place.name} (${repeat + 1})` : place.name,
      layer: place.name,
      type: typeOf(layer.type, layer.options),
      shape: formatShape(tensor.shape, tensor.batched),
      parameters: repeat ? 0 : report.parameters,
      flops: report.flops / place.outputs.length,
      fold: report.fold,
      reads: [...new Set(inputs.map((input) => numbers.get(input) as number))],
      output: outputs.has(tensor),
    });
  }
  return rows;
}

/** What a layer is, with what matters most of its options. */
function typeOf(type: string, options: Readonly<Record<string, unknown>>): string {
  const { kernelSize, activation, function: elementary } = options;
  const own = type === 'activation' ? nameOf(activation) : nameOf(elementary);
  if (own) return own;
  const size = Array.isArray(kernelSize) ? ` ${kernelSize.join('×')}` : '';
  const then = nameOf(activation);
  return `${type}${size}${then && then !== 'linear' ? `, ${then}` : ''}`;
}

/** Activations are names, or objects with one. */
function nameOf(option: unknown): string | undefined {
  if (typeof option === 'string') return option;
  const named = typeof option === 'object' && option !== null && 'name' in option;
  return named && typeof option.name === 'string' ? option.name : undefined;
}

/** How a row of the graph is drawn: lines run in lanes from top to bottom. */
export interface GraphStrip {
  /** The lane that the row's dot is in. */
  readonly lane: number;
  /** Lanes whose lines end in the dot. */
  readonly ending: readonly number[];
  /** Lanes whose lines pass by; those of `branching` send one to the dot as well. */
  readonly passing: readonly number[];
  readonly branching: readonly number[];
  /** Whether a line leaves the dot. */
  readonly goesOn: boolean;
}

/** Gives each tensor a lane for as long as somebody will read it. */
export function stripsOf(rows: readonly { readonly reads: readonly number[] }[]): GraphStrip[] {
  const lastReader = rows.map(() => -1);
  rows.forEach(({ reads }, i) => {
    for (const row of reads) lastReader[row] = i;
  });
  /** By lane, the row whose output is in it. */
  const lanes: (number | undefined)[] = [];
  return rows.map(({ reads }, i) => {
    const laneOf = (row: number) => lanes.indexOf(row);
    const ending = reads.filter((row) => lastReader[row] === i).map(laneOf);
    const branching = reads.filter((row) => lastReader[row] !== i).map(laneOf);
    for (const lane of ending) lanes[lane] = undefined;
    const passing = lanes.flatMap((row, lane) => (row === undefined ? [] : lane));
    const free = ending.length ? Math.min(...ending) : lanes.indexOf(undefined);
    const lane = free < 0 ? lanes.length : free;
    const goesOn = lastReader[i] >= 0;
    if (goesOn) lanes[lane] = i;
    return { lane, ending, passing, branching, goesOn };
  });
}
