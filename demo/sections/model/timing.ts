import type { LayerReport } from 'webgpu-batchnorm';

/** One dispatch, or where there are no timestamps one layer. */
export interface TimingRow {
  readonly layer: string;
  readonly node: string;
  readonly op: string;
  readonly kernel: string;
  readonly outputs: string;
  readonly ms: number;
  /** Of all, 0 to 1. */
  readonly share: number;
  readonly gbps: number;
  readonly gflops: number;
}

/** Where the time of a run goes, in milliseconds. */
export interface Timing {
  readonly compile: number;
  readonly upload?: number;
  /** From submit until it is done: more than its kernels, which are timed apart. */
  readonly gpu: number;
  readonly readBack?: number;
  /** Of the device's clock. */
  readonly runs: number;
  /** Whether rows share out a measured total by operations. */
  readonly estimated: boolean;
  readonly rows: readonly TimingRow[];
}

/**
 * Finds the layer that a node of the program comes from: its own name, or the beginning of it. A folded
 * batch norm's node is the layer that it folds into.
 */
export function layerFinder(layers: readonly LayerReport[]): (node: string) => string {
  const homes = new Map(layers.map(({ name, fold }) => [name, fold?.into ?? name]));
  return (node) => {
    let name = node;
    while (name && !homes.has(name)) name = name.slice(0, Math.max(0, name.lastIndexOf('/')));
    return homes.get(name) ?? node;
  };
}

/** A measured total, shared out by the operations of the layers. */
export function estimateTimings(layers: readonly LayerReport[], total: number): TimingRow[] {
  const flops = layers.reduce((sum, layer) => sum + layer.flops, 0);
  return layers
    .filter((layer) => layer.flops > 0)
    .map((layer) => {
      const share = layer.flops / flops;
      const ms = share * total;
      return {
        layer: layer.name,
        node: layer.name,
        op: layer.type,
        kernel: '–',
        outputs: `[${layer.shape}]`,
        ms,
        share,
        gbps: Number.NaN,
        gflops: layer.flops / ms / 1e6,
      };
    });
}

/** Milliseconds by layer. */
export function timeByLayer(rows: readonly TimingRow[]): Map<string, number> {
  const times = new Map<string, number>();
  for (const { layer, ms } of rows) times.set(layer, (times.get(layer) ?? 0) + ms);
  return times;
}

export const timingColumns = [
  { key: 'layer', title: 'Layer', numeric: false },
  { key: 'kernel', title: 'Kernel', numeric: false },
  { key: 'outputs', title: 'Output', numeric: false },
  { key: 'ms', title: 'ms', numeric: true },
  { key: 'share', title: 'Share', numeric: true },
  { key: 'gbps', title: 'GB/s', numeric: true },
  { key: 'gflops', title: 'GFLOP/s', numeric: true },
] as const;
export type TimingColumn = (typeof timingColumns)[number]['key'];

/** In another order; what is no number comes last. */
export function sortedRows(
  rows: readonly TimingRow[],
  column: TimingColumn,
  descending: boolean,
): TimingRow[] {
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [a[column], b[column]];
    if (typeof x === 'string' || typeof y === 'string') {
      return sign * String(x).localeCompare(String(y), 'en', { numeric: true });
    }
    if (!Number.isFinite(x) || !Number.isFinite(y)) {
      return Number(!Number.isFinite(x)) - Number(!Number.isFinite(y));
    }
    return sign * (x - y);
  });
}

/** Comma-separated values by RFC 4180. */
export function timingCsv({ rows, estimated }: Timing): string {
  const quote = (text: string) =>
    /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  const number = (value: number) =>
    Number.isFinite(value) ? String(Number(value.toPrecision(6))) : '';
  const header = [
    'layer',
    'node',
    'op',
    'kernel',
    'output',
    'ms',
    'share',
    'GB/s',
    'GFLOP/s',
    'estimated',
  ];
  const lines = rows.map((row) => [
    ...[row.layer, row.node, row.op, row.kernel, row.outputs].map(quote),
    ...[row.ms, row.share, row.gbps, row.gflops].map(number),
    estimated ? 'yes' : 'no',
  ]);
  return [header, ...lines].map((line) => `${line.join(',')}\r\n`).join('');
}
