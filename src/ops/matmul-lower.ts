import matmulOddKernel from '../../shaders/matmul_odd.wgsl';
import matmulQuadsKernel from '../../shaders/matmul_quads.wgsl';
import type { Attrs } from '../ir/graph';
import { type AdapterTraits, type Binding, gridOf, type Lowering, u32 } from '../ir/op';
import { epilogueConstants, epilogueParams } from './epilogue';

/** A product [rows, inner]·[inner, columns]; transposed, a matrix lies in memory the other way. */
export interface MatmulTask {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  readonly tensors: {
    readonly a: Binding;
    readonly b: Binding;
    readonly bias?: Binding;
    readonly residual?: Binding;
    readonly y: Binding;
  };
  /** Attributes of what follows before y is stored, as in `./epilogue`. */
  readonly epilogue?: Attrs;
  readonly elem: 'f32' | 'f16';
  readonly adapter: AdapterTraits;
}

/** The left or right factor as the kernel has it: a step in memory along its own axis and along the sums. */
interface Factor {
  readonly binding: Binding;
  readonly length: number;
  readonly own: number;
  readonly term: number;
}

/** How a product is cut into tiles: the overrides of shaders/lib/matmul_quads.wgsl. */
interface Tiling {
  readonly flipped: boolean;
  readonly split: boolean;
  readonly tall: number;
  readonly vectors: number;
}

/** The product in register tiles by four threads each; none where threads can not share. */
export function lowerMatmulQuads(task: MatmulTask): Lowering[] {
  const { rows, inner, columns, tensors, epilogue = {}, elem, adapter } = task;
  if (!adapter.subgroups) return [];
  const { a, b, bias, residual, y } = tensors;
  const tiling = bestTiling(rows, inner, columns, adapter);
  const { flipped, split, tall, vectors } = tiling;
  const byRow: Factor = task.transposeA
    ? { binding: a, length: rows, own: 1, term: rows }
    : { binding: a, length: rows, own: inner, term: 1 };
  const byColumn: Factor = task.transposeB
    ? { binding: b, length: columns, own: inner, term: 1 }
    : { binding: b, length: columns, own: 1, term: columns };
  const [left, right] = flipped ? [byColumn, byRow] : [byRow, byColumn];
  const whole = [left, right].every(({ length, term }) => (term === 1 ? inner : length) % 4 === 0);
  const vec4 = whole && columns % 4 === 0;
  const size = adapter.software ? SOFTWARE_THREADS : 64;
  const kernel = vec4 ? matmulQuadsKernel : matmulOddKernel;
  return [
    {
      name: kernel.name,
      dispatches: [
        {
          kernel,
          elem,
          width: vec4 ? 4 : 1,
          constants: {
            ...(vec4 && { left_by_term: left.term === 1 ? 1 : 0 }),
            right_by_term: vec4 && right.term === 1 ? 1 : 0,
            flipped: flipped ? 1 : 0,
            split: split ? 1 : 0,
            whole: inner % (split ? 16 : 4) === 0 ? 1 : 0,
            tall,
            vectors,
            size,
            has_bias: bias ? 1 : 0,
            ...epilogueConstants(epilogue),
          },
          params: [
            ...[left.length, inner, right.length, 0].map(u32),
            ...epilogueParams(epilogue),
            ...[left.own, left.term, right.term, right.own].map(u32),
          ],
          bindings: [left.binding, right.binding, bias ?? a, y, residual ?? a],
          workgroups: gridOf(
            Math.ceil((4 * quadsOf(left.length, right.length, tiling)) / size),
            adapter,
          ),
          flops: 2 * rows * inner * columns,
        },
      ],
    },
  ];
}

/** On few cores small workgroups share the work more evenly: four threads, that share their loads. */
const SOFTWARE_THREADS = 4;
/** A number loaded from storage costs a thread about as much as so many multiply-adds. */
const LOAD = 10;
const CORES = { software: 2, hardware: 1024 };

/** The tiling with the least work for the busiest core. */
function bestTiling(
  rows: number,
  inner: number,
  columns: number,
  { software }: AdapterTraits,
): Tiling {
  const cores = software ? CORES.software : CORES.hardware;
  const cost = (tiling: Tiling) => {
    const { flipped, split, tall, vectors } = tiling;
    const quads = flipped ? quadsOf(columns, rows, tiling) : quadsOf(rows, columns, tiling);
    const loads = 4 * tall + (split ? 4 : 1) * vectors;
    const terms = split ? Math.ceil(inner / 16) * 4 : inner;
    return Math.ceil(quads / cores) * terms * (LOAD * loads + 16 * tall * vectors);
  };
  return TILINGS.reduce((best, tiling) => (cost(tiling) < cost(best) ? tiling : best));
}

const TILINGS: readonly Tiling[] = [false, true].flatMap((flipped) =>
  [false, true].flatMap((split) =>
    [2, 1].flatMap((tall) => [5, 4, 3, 2, 1].map((vectors) => ({ flipped, split, tall, vectors }))),
  ),
);

/** Groups of four threads. */
function quadsOf(rows: number, columns: number, { split, tall, vectors }: Tiling): number {
  const tiles = Math.ceil(rows / (4 * tall));
  return (split ? tiles : Math.ceil(tiles / 4)) * Math.ceil(columns / (4 * vectors));
}
