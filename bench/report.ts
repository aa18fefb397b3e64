// What is told of a measurement: the rows, as JSON and as a text table.
import { OURS } from './contender';
import type { Measured, Measurement } from './measure';
import { type Ceilings, ratesOf } from './roof';

/** A line of the report; null where a number has no meaning. */
export interface Row {
  readonly workload: string;
  readonly contender: string;
  readonly median_ms: number | null;
  readonly gflops: number | null;
  readonly gbps: number | null;
  readonly roof_share: number | null;
  /** Above 1: faster than the best peer. */
  readonly ratio_to_best_peer: number | null;
  readonly dispatches: number | null;
  readonly peak_bytes: number | null;
  readonly max_rel_err: number | null;
}

/** A row and what only the table shows. */
export interface Line {
  readonly row: Row;
  readonly compileMs?: number;
}

export interface Report {
  readonly adapter: string;
  readonly host: string;
  readonly ceilings: Ceilings;
  readonly lines: readonly Line[];
}

const nothing: Omit<Row, 'workload' | 'contender'> = {
  median_ms: null,
  gflops: null,
  gbps: null,
  roof_share: null,
  ratio_to_best_peer: null,
  dispatches: null,
  peak_bytes: null,
  max_rel_err: null,
};

/** `peers`: the times of others on the same workload. */
export function lineOf(
  measured: Measured,
  ceilings: Ceilings,
  peers: readonly number[] = [],
): Line {
  const { workload, contender, work, medianMs, dispatches, peakBytes, maxRelErr } = measured;
  const row = {
    workload,
    contender,
    median_ms: medianMs,
    ...ratesOf(work, medianMs, ceilings),
    ratio_to_best_peer: peers.length ? Math.min(...peers) / medianMs : null,
    dispatches,
    peak_bytes: peakBytes,
    max_rel_err: maxRelErr,
  };
  return { row, compileMs: measured.compileMs };
}

/** A row that has a time or a size only. */
export function plainLine(
  workload: string,
  facts: Partial<Pick<Row, 'median_ms' | 'peak_bytes'>>,
): Line {
  return { row: { workload, contender: OURS, ...nothing, ...facts } };
}

export function reportOf(
  { adapter, ceilings, measured }: Measurement,
  host: string,
  more: readonly Line[] = [],
): Report {
  const own = measured.map((one) => {
    const isPeer = ({ contender }: Measured) => contender !== OURS;
    const peers = measured.filter((other) => other.workload === one.workload && isPeer(other));
    const times = isPeer(one) ? [] : peers.map(({ medianMs }) => medianMs);
    return lineOf(one, ceilings, times);
  });
  const lines = [...own, ...more];
  return { adapter, host, ceilings, lines };
}

export function jsonOf({ adapter, host, ceilings, lines }: Report): string {
  return `${JSON.stringify({ adapter, host, ceilings, rows: lines.map(({ row }) => row) }, null, 2)}\n`;
}

/** Titles of the table's columns and the cells of a line. */
export const columns: readonly (readonly [title: string, cell: (line: Line) => string])[] = [
  ['workload', ({ row }) => row.workload],
  ['contender', ({ row }) => row.contender],
  ['ms', ({ row }) => short(row.median_ms)],
  ['GFLOP/s', ({ row }) => short(row.gflops)],
  ['GB/s', ({ row }) => short(row.gbps)],
  ['of the roof', ({ row }) => percent(row.roof_share)],
  ['× best peer', ({ row }) => short(row.ratio_to_best_peer)],
  ['dispatches', ({ row }) => whole(row.dispatches)],
  ['KiB', ({ row }) => whole(row.peak_bytes && row.peak_bytes / 1024)],
  ['compile ms', ({ compileMs }) => whole(compileMs ?? null)],
  ['error', ({ row }) => (row.max_rel_err === null ? '' : row.max_rel_err.toExponential(1))],
];

export function ceilingsLine(ceilings: Ceilings): string {
  const { copy_gbps, buffer_copy_gbps, read_gbps, fma_gflops, dispatch_us } = ceilings;
  return [
    `copy kernel ${short(copy_gbps)} GB/s (copyBufferToBuffer ${short(buffer_copy_gbps)})`,
    `read ${short(read_gbps)} GB/s`,
    `multiply-add ${short(fma_gflops)} GFLOP/s`,
    `a dispatch ${short(dispatch_us)} µs`,
  ].join(', ');
}

/** The report as text: what it ran on, the ceilings, a row a workload. */
export function tableOf({ adapter, host, ceilings, lines }: Report): string {
  const cells = [
    columns.map(([title]) => title),
    ...lines.map((line) => columns.map(([, cell]) => cell(line))),
  ];
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => row[i].length)));
  const text = cells.map((row) =>
    row
      .map((cell, i) => (i > 1 ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join('  ')
      .trimEnd(),
  );
  return [`${adapter}, ${host}`, ceilingsLine(ceilings), '', ...text, ''].join('\n');
}

/** Three digits. */
function short(value: number | null): string {
  if (value === null) return '';
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

function whole(value: number | null): string {
  return value === null ? '' : value.toFixed(0);
}

function percent(share: number | null): string {
  return share === null ? '' : `${(100 * share).toFixed(share < 0.1 ? 1 : 0)}%`;
}
