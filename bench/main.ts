// npm run bench: measures, or tells what was measured before.
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { requestNodeGPU } from '../src/node/dawn';
import { FLOOR, measureColdStart, measureInChromium } from './chromium';
import { OURS } from './contender';
import { htmlOf } from './html';
import { measure } from './measure';
import type { PageOptions } from './page';
import { openTorch } from './peers/torch';
import {
  failedLine,
  jsonOf,
  type Line,
  markdownOf,
  plainLine,
  type Report,
  reportFrom,
  reportOf,
  tableOf,
} from './report';
import { median } from './roof';
import { isNamed, workloads } from './workloads';

const USAGE = `usage: npm run bench -- [--peers] [--tune] [--host chromium|node] [--only NAME]… [--large]
                        [--json FILE] [--html FILE] [--markdown] [--from FILE]…
  --peers               others beside it: in Chromium jax-js, TensorFlow.js and ONNX Runtime Web,
                        in Node PyTorch where python3 has it
  --tune                each workload also with kernels chosen by measuring
  --host chromium|node  default chromium
  --only NAME           workloads whose names contain NAME; may be repeated
  --large               on a software adapter too, the workloads meant for GPUs
  --json FILE           writes { adapter, host, ceilings, rows }
  --html FILE           writes a page with bars
  --markdown            prints a Markdown table
  --from FILE           measures nothing: tells what --json wrote; may be repeated`;

/** Rows beside the workloads, of a page as a whole. */
const COLD = 'cold page load to first output, small CNN';
const COLD_FLOOR = 'cold page load to first output, one trivial kernel';
const WEIGHT = 'page weight, gzip';
const WEIGHT_WITHOUT = 'page weight, gzip, without WebAssembly';

/** Measures ceilings and workloads; prints a table. */
export async function main(argv: readonly string[]): Promise<number> {
  const options = parse(argv);
  if (typeof options === 'string') {
    console.error(`${options}\n${USAGE}`);
    return 2;
  }
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const report = await reportFor(options);
  console.log(options.markdown ? markdownOf(report) : tableOf(report));
  if (options.json) await writeFile(options.json, jsonOf(report));
  if (options.html) await writeFile(options.html, htmlOf(report));
  return report.lines.some(({ row, failure }) => failure && row.contender === OURS) ? 1 : 0;
}

const log = (line: string) => void process.stderr.write(`${line}\n`);

type Options = Exclude<ReturnType<typeof parse>, string>;

async function reportFor({ host, only, large, tune, peers, from }: Options): Promise<Report> {
  if (from) return reportFrom(await Promise.all(from.map((file) => readFile(file, 'utf8'))));
  const options = { only, large, tune };
  return host === 'node' ? inNode(options, peers) : inChromium(options, peers);
}

async function inNode(options: PageOptions, peers: boolean): Promise<Report> {
  const gpu = await requestNodeGPU();
  const torch = peers ? await openTorch(log) : undefined;
  try {
    const measurement = await measure({ ...options, gpu, log, rivals: torch?.rivals });
    return reportOf(measurement, `Node ${process.version}`);
  } finally {
    await torch?.close();
  }
}

async function inChromium(options: PageOptions, peers: boolean): Promise<Report> {
  const measurement = await measureInChromium(options, peers, log);
  const named = (name: string) => isNamed(name, options.only);
  const more = [COLD, COLD_FLOOR, WEIGHT, WEIGHT_WITHOUT].some(named) ? await coldLines(peers) : [];
  const wanted = more.filter(({ row }) => named(row.workload));
  return reportOf(measurement, `Chromium ${measurement.version}`, wanted);
}

async function coldLines(peers: boolean): Promise<Line[]> {
  const measured = await measureColdStart(peers, log);
  const starts = measured.filter(({ contender }) => contender !== FLOOR);
  const floor = measured.find(({ contender }) => contender === FLOOR)?.ms ?? [];
  return [
    typeof floor === 'string'
      ? failedLine(COLD_FLOOR, OURS, floor)
      : plainLine(COLD_FLOOR, OURS, { median_ms: median(floor) }),
    ...starts.map(({ contender, ms }) =>
      typeof ms === 'string'
        ? failedLine(COLD, contender, ms)
        : plainLine(COLD, contender, { median_ms: median(ms) }),
    ),
    ...starts.map(({ contender, gzipBytes }) =>
      plainLine(WEIGHT, contender, { peak_bytes: gzipBytes }),
    ),
    ...starts
      .filter(({ gzipBytes, gzipBytesWithoutWasm }) => gzipBytesWithoutWasm < gzipBytes)
      .map(({ contender, gzipBytesWithoutWasm }) =>
        plainLine(WEIGHT_WITHOUT, contender, { peak_bytes: gzipBytesWithoutWasm }),
      ),
  ];
}

/** The options, or what is wrong with them. */
function parse(argv: readonly string[]) {
  try {
    const text = { type: 'string' } as const;
    const flag = { type: 'boolean', default: false } as const;
    const { values } = parseArgs({
      args: [...argv],
      options: {
        peers: flag,
        tune: flag,
        host: { ...text, default: 'chromium' },
        only: { ...text, multiple: true },
        large: flag,
        json: text,
        html: text,
        markdown: flag,
        from: { ...text, multiple: true },
        help: flag,
      },
    });
    if (!['chromium', 'node'].includes(values.host)) {
      return `--host must be chromium or node, not ${values.host}`;
    }
    const names = [...workloads.map(({ name }) => name), COLD, COLD_FLOOR, WEIGHT, WEIGHT_WITHOUT];
    const unknown = values.only?.find((part) => !names.some((name) => isNamed(name, [part])));
    if (unknown !== undefined) {
      return `no workload is called ${unknown}; there are:\n  ${names.join('\n  ')}`;
    }
    return values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
