// Batch norm of few rows, forwards and backwards in one dispatch each: how x [rows, channels] is dealt out.
import {
  type AdapterTraits,
  type Dispatch,
  elemOf,
  gridOf,
  type Lowering,
  type Shader,
  u32,
  type Width,
} from '../ir/op';
import type { TensorType } from '../ir/tensor';

/** A thread goes through all of them, one after the other. */
const MOST_ROWS = 256;
/** What it costs a software adapter to load so many numbers at a time. */
const LOAD_COST = { 1: 3, 4: 6, 16: 14 } as const;
/** Threads that it does at a time: two cores, four each. */
const AT_ONCE = 8;
const WORKGROUP = { software: 4, hardware: 64 };

export interface FewRows {
  readonly rows: number;
  readonly channels: number;
  /** Channels that a thread takes. */
  readonly lanes: Width;
}

/** Undefined where the rows are too many. */
export function fewRowsOf(
  rows: number,
  channels: number,
  { software }: AdapterTraits,
): FewRows | undefined {
  if (rows > MOST_ROWS) return undefined;
  const widths = (software ? [16, 4, 1] : [4, 1]) as readonly Width[];
  const cost = (lanes: Width) =>
    software ? Math.ceil(channels / lanes / AT_ONCE) * LOAD_COST[lanes] : -lanes;
  const lanes = widths
    .filter((width) => channels % width === 0)
    .reduce((best, width) => (cost(width) < cost(best) ? width : best));
  return { rows, channels, lanes };
}

/** The one dispatch, as a lowering: the kernel's parameters begin with the rows and their width. */
export function fewRowsLowering(
  kernel: Shader,
  { rows, channels, lanes }: FewRows,
  x: TensorType,
  rest: Pick<Dispatch, 'bindings' | 'flops'> & Required<Pick<Dispatch, 'params' | 'constants'>>,
  adapter: AdapterTraits,
): Lowering {
  const size = WORKGROUP[adapter.software ? 'software' : 'hardware'];
  const width = channels / lanes;
  const dispatch: Dispatch = {
    kernel,
    elem: elemOf(x.dtype),
    width: lanes,
    ...rest,
    constants: { ...rest.constants, size },
    params: [u32(rows), u32(width), ...rest.params],
    workgroups: gridOf(Math.ceil(width / size), adapter),
  };
  return { name: 'few rows', dispatches: [dispatch] };
}

/** A software adapter pays for dispatches; others rather have more threads. */
export function withFewRows(
  few: Lowering | undefined,
  others: readonly Lowering[],
  { software }: AdapterTraits,
): readonly Lowering[] {
  if (!few) return others;
  return software ? [few, ...others] : [...others, few];
}
