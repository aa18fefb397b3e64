import { formatShape, sizeOf } from '../core/shape';
import { columnWidths, tableLine } from '../core/table';
import type { SymbolicTensor } from './layer';
import { isChain, placeWeights, type Structure } from './structure';

interface Counts {
  readonly trainable: number;
  readonly nonTrainable: number;
  readonly total: number;
}

/** The structure as a table; N stands for the batch, and dtypes other than f32 are shown. */
export function summarise(structure: Structure, title: string, counts: Counts): string {
  const { inputs, tensors, places } = structure;
  const names = new Map<SymbolicTensor, string>(inputs.map(({ name, tensor }) => [tensor, name]));
  const nameOf = (tensor: SymbolicTensor) => names.get(tensor) as string;
  const rows = inputs.map(({ name, tensor }) => [`${name} (input)`, shapeOf(tensor), '0', '']);
  for (const tensor of tensors) {
    const { layer, inputs: from } = tensor.call;
    const place = places.find((place) => place.layer === layer)!;
    const repeat = place.outputs.indexOf(tensor);
    names.set(tensor, repeat ? `${place.name} (${repeat + 1})` : place.name);
    const sizes = Object.values(placeWeights(place)).map(({ shape, dtype = 'f32' }) =>
      dtype === 'f32' ? sizeOf(shape) : 0,
    );
    rows.push([
      `${nameOf(tensor)} (${layer.type})`,
      shapeOf(tensor),
      repeat ? 'shared' : thousands(sizes.reduce((sum, size) => sum + size, 0)),
      from.map(nameOf).join(', '),
    ]);
  }
  const head = ['Layer (type)', 'Output shape', 'Params', 'Connected to'];
  const columns = isChain(structure) ? 3 : 4;
  const table = [head, ...rows].map((row) => row.slice(0, columns));
  const widths = columnWidths(table);
  const lines = table.map((row) => tableLine(row, widths, (column) => column === 2));
  const rule = '─'.repeat(widths.reduce((sum, width) => sum + width + 2, -2));
  return [
    `Model "${title}"`,
    rule,
    lines[0],
    rule,
    ...lines.slice(1),
    rule,
    `Total params: ${thousands(counts.total)}`,
    `Trainable params: ${thousands(counts.trainable)}`,
    `Non-trainable params: ${thousands(counts.nonTrainable)}`,
    '',
  ].join('\n');
}

const shapeOf = ({ shape, dtype, batched }: SymbolicTensor) =>
  (dtype === 'f32' ? '' : dtype) + formatShape(batched ? ['N' as never, ...shape] : shape);
const thousands = (count: number) => count.toLocaleString('en-US');
