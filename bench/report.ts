// What is told of a measurement: the rows, as JSON, a text table or a Markdown table.
import { OURS, TUNED } from './contender';
import type { Measured, Measurement } from './measure';
import { PEERS } from './peers/names';
import { type Ceilings, ratesOf } from './roof';

/** A contender on a workload; null where a number has no meaning. */
export interface Row {
  readonly workload: string;
  readonly contender: string;
  readonly median_ms: number | null;
  readonly gflops: number | null;
  readonly gbps: number | null;
  readonly roof_share: number | null;
  /** Of this runtime's rows. Above 1: faster (or smaller) than the best WebGPU peer. */
  readonly ratio_to_best_peer: number | null;
  /** Of a tuned plan. Above 1: faster than the default one. */
  readonly ratio_to_default: number | null;
  readonly dispatches: number | null;
  readonly peak_bytes: number | null;
  /** Of a training step: what any implementation keeps at once. */
  readonly floor_bytes: number | null;
  readonly max_rel_err: number | null;
}

/** A row and what the JSON does not say. */
export interface Line {
  readonly row: Row;
  readonly compileMs?: number;
  /** Why there are no numbers. */
  readonly failure?: string;
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
  ratio_to_default: null,
  dispatches: null,
  peak_bytes: null,
  floor_bytes: null,
  max_rel_err: null,
};

function lineOf(measured: Measured, ceilings: Ceilings): Line {
  const { workload, contender } = measured;
  if ('failure' in measured) return failedLine(workload, contender, measured.failure);
  const { work, medianMs, dispatches, peakBytes, floorBytes, maxRelErr, compileMs } = measured;
  const row = {
    workload,
    contender,
    median_ms: medianMs,
    ...ratesOf(work, medianMs, ceilings),
    ratio_to_best_peer: null,
    ratio_to_default: null,
    dispatches,
    peak_bytes: peakBytes,
    floor_bytes: floorBytes ?? null,
    max_rel_err: maxRelErr,
  };
  return { row, compileMs };
}

/** A row that has a time or a size only. */
export function plainLine(
  workload: string,
  contender: string,
  facts: Partial<Pick<Row, 'median_ms' | 'peak_bytes'>>,
): Line {
  return { row: { workload, contender, ...nothing, ...facts } };
}

/** A row without numbers. */
export function failedLine(workload: string, contender: string, failure: string): Line {
  return { row: { workload, contender, ...nothing }, failure };
}

export function reportOf(
  { adapter, ceilings, measured }: Measurement,
  host: string,
  more: readonly Line[] = [],
): Report {
  const lines = [...measured.map((one) => lineOf(one, ceilings)), ...more];
  return { adapter, host, ceilings, lines: withRatios(lines) };
}

/** The best peer's time, or the default plan's, ÷ ours; of a row without times, its size ÷ ours. */
function withRatios(lines: readonly Line[]): Line[] {
  const costOf = ({ median_ms, peak_bytes }: Row) => median_ms ?? peak_bytes;
  return lines.map((line) => {
    const { row } = line;
    const own = costOf(row);
    if ((row.contender !== OURS && row.contender !== TUNED) || own === null) return line;
    const others = lines.filter((other) => other.row.workload === row.workload);
    const best = (those: (other: Row) => boolean) => {
      const costs = others.flatMap((other) => (those(other.row) ? (costOf(other.row) ?? []) : []));
      return costs.length ? Math.min(...costs) / own : null;
    };
    const ratios = {
      ratio_to_best_peer: best(isPeer),
      ratio_to_default:
        row.contender === TUNED ? best(({ contender }) => contender === OURS) : null,
    };
    return { ...line, row: { ...row, ...ratios } };
  });
}

function isPeer({ contender }: Row): boolean {
  return (PEERS as readonly string[]).includes(contender);
}

export function jsonOf({ adapter, host, ceilings, lines }: Report): string {
  return `${JSON.stringify({ adapter, host, ceilings, rows: lines.map(({ row }) => row) }, null, 2)}\n`;
}

/**
 * One report of the JSON of several runs, which had different workloads; of those measured again the
 * last counts. The ceilings told are those of the first.
 */
export function reportFrom(texts: readonly string[]): Report {
  const reports = texts.map((text) => JSON.parse(text));
  const latest = new Map<string, readonly Row[]>();
  for (const { rows } of reports) {
    // Those of before may lack what rows have got since.
    const lines = (rows as Row[]).map((row) => ({ row: { ...nothing, ...row } }));
    for (const [workload, group] of byWorkload(lines)) {
      latest.set(
        workload,
        group.map(({ row }) => row),
      );
    }
  }
  const { adapter, host, ceilings } = reports[0];
  const lines = [...latest.values()].flat().map((row) => ({ row }));
  return { adapter, host, ceilings, lines };
}

/** The lines of each workload, in order. */
export function byWorkload(lines: readonly Line[]): Map<string, Line[]> {
  const groups = new Map<string, Line[]>();
  for (const line of lines) {
    const { workload } = line.row;
    groups.set(workload, [...(groups.get(workload) ?? []), line]);
  }
  return groups;
}

type Column = readonly [title: string, cell: (line: Line) => string];

/** Titles of the table's columns and the cells of a line; without those that no line has anything in. */
export function columnsOf(lines: readonly Line[]): readonly Column[] {
  return columns.filter(([, cell], i) => i < 2 || lines.some((line) => cell(line)));
}

const columns: readonly Column[] = [
  ['workload', ({ row }) => row.workload],
  ['contender', ({ row }) => row.contender],
  ['ms', ({ row }) => short(row.median_ms)],
  ['GFLOP/s', ({ row }) => short(row.gflops)],
  ['GB/s', ({ row }) => short(row.gbps)],
  ['of the roof', ({ row }) => percent(row.roof_share)],
  ['× best peer', ({ row }) => short(row.ratio_to_best_peer)],
  ['× default', ({ row }) => short(row.ratio_to_default)],
  ['dispatches', ({ row }) => whole(row.dispatches)],
  ['KiB', ({ row }) => whole(row.peak_bytes && row.peak_bytes / 1024)],
  ['× floor', ({ row }) => timesFloor(row)],
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

/** The report as text: what it ran on, the ceilings, a row a contender of each workload. */
export function tableOf({ adapter, host, ceilings, lines }: Report): string {
  const shown = columnsOf(lines);
  const cells = [
    shown.map(([title]) => title),
    ...lines.map((line) => shown.map(([, cell]) => cell(line))),
  ];
  const widths = shown.map((_, i) => Math.max(...cells.map((row) => row[i].length)));
  const text = cells.map((row, i) => {
    const padded = row.map((cell, j) =>
      j > 1 ? cell.padStart(widths[j]) : cell.padEnd(widths[j]),
    );
    const { failure } = lines[i - 1] ?? {};
    return (failure ? [...padded.slice(0, 2), failure] : padded).join('  ').trimEnd();
  });
  return [`${adapter}, ${host}`, ceilingsLine(ceilings), '', ...text, ''].join('\n');
}

/** A row a workload, with its contenders' times side by side. */
export function markdownOf({ adapter, host, ceilings, lines }: Report): string {
  const others = [...new Set(lines.map(({ row }) => row.contender))].filter((one) => one !== OURS);
  const tail = ['× best peer', 'dispatches', 'peak MB', '× floor'];
  const head = ['workload', 'ms', 'of the roof', ...others, ...tail];
  const rows = [...byWorkload(lines)].map(([workload, group]) => {
    const find = (name: string) => group.find(({ row }) => row.contender === name);
    const own = find(OURS)?.row;
    const amount = (line: Line | undefined) => {
      if (!line) return '';
      const { median_ms, peak_bytes } = line.row;
      if (median_ms !== null) return short(median_ms);
      return peak_bytes === null ? 'failed' : `${short(peak_bytes / 1024)} KiB`;
    };
    return [
      workload,
      amount(find(OURS)),
      percent(own?.roof_share ?? null),
      ...others.map((name) => amount(find(name))),
      short(own?.ratio_to_best_peer ?? null),
      whole(own?.dispatches ?? null),
      own?.median_ms ? short(own.peak_bytes && own.peak_bytes / 1e6) : '',
      own ? timesFloor(own) : '',
    ];
  });
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const table = [line(head), line(head.map(() => '---')), ...rows.map(line)];
  return [`${adapter}, ${host}: ${ceilingsLine(ceilings)}.`, '', ...table, ''].join('\n');
}

function timesFloor({ peak_bytes, floor_bytes }: Row): string {
  return peak_bytes && floor_bytes ? (peak_bytes / floor_bytes).toFixed(2) : '';
}

/** Three digits. */
export function short(value: number | null): string {
  if (value === null) return '';
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

function whole(value: number | null): string {
  return value === null ? '' : value.toFixed(0);
}

function percent(share: number | null): string {
  return share === null ? '' : `${(100 * share).toFixed(share < 0.1 ? 1 : 0)}%`;
}
