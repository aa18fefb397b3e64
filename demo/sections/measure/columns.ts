import { formatNumber, formatPercent } from '../../parts/format';
import type { Ceilings } from './ceilings';
import type { Measured } from './run-workload';

/** A column of a table: for the eye, for sorting, and for files. */
export interface Column<Row> {
  /** In a CSV file. */
  readonly key: string;
  readonly title: string;
  readonly unit?: string;
  /** Numbers are set flush right, and sort by size. */
  value(row: Row): string | number;
  /** The value as people read it; default as it is. */
  format?(value: number): string;
  /** Shown as a bar, too: a share from 0 to 1. */
  readonly bar?: boolean;
}

export function textOf<Row>(column: Column<Row>, row: Row): string {
  const value = column.value(row);
  if (typeof value === 'string') return value;
  return Number.isNaN(value) ? '–' : (column.format ?? formatNumber)(value);
}

const small = (value: number) => (value === 0 ? '0' : value.toExponential(1));

/** Rates as they are, and as a share of the ceiling that they are nearer to. */
export const benchColumns = (ceilings: Ceilings): readonly Column<Measured>[] => [
  { key: 'workload', title: 'Workload', value: ({ title }) => title },
  { key: 'median_ms', title: 'Median', unit: 'ms', value: ({ median }) => median },
  { key: 'p95_ms', title: 'p95', unit: 'ms', value: ({ p95 }) => p95 },
  { key: 'gflops', title: 'GFLOP/s', value: ({ gflops }) => gflops },
  { key: 'gbps', title: 'GB/s', value: ({ gbps }) => gbps },
  {
    key: 'share_of_ceiling',
    title: 'Of what is possible',
    value: ({ gflops, gbps }) => Math.max(gflops / ceilings.gflops, gbps / ceilings.gbps),
    format: formatPercent,
    bar: true,
  },
  { key: 'error', title: 'Error', value: ({ error }) => error, format: small },
  { key: 'compile_ms', title: 'Compile', unit: 'ms', value: ({ compile }) => compile },
  { key: 'upload_ms', title: 'Upload', unit: 'ms', value: ({ upload }) => upload },
  { key: 'readback_ms', title: 'Read back', unit: 'ms', value: ({ readback }) => readback },
  { key: 'input', title: 'Input', value: ({ shape }) => shape },
];
