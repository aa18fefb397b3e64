// npm run bench -- [--peers] [--host chromium|node] [--only NAME] [--json FILE] [--html FILE]
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { requestNodeGPU } from '../src/node/dawn';
import { measureColdStart, measureInChromium } from './chromium';
import { htmlOf } from './html';
import { measure } from './measure';
import { jsonOf, type Line, plainLine, type Report, reportOf, tableOf } from './report';
import { median } from './roof';
import { workloads } from './workloads';

const USAGE = `usage: npm run bench -- [--peers] [--host chromium|node] [--only NAME] [--json FILE] [--html FILE]
  --peers               jax-js too, on batch norm and convolution; in Chromium
  --host chromium|node  default chromium
  --only NAME           workloads whose names contain NAME
  --json FILE           { adapter, host, ceilings, rows }
  --html FILE           a page with bars`;

/** Rows beside the workloads, of a page as a whole. */
const COLD = 'cold page load to first output, small CNN';
const WEIGHT = 'page weight, gzip';

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
  const log = (line: string) => process.stderr.write(`${line}\n`);
  const { host, only, peers } = options;
  const report = await (host === 'node' ? inNode(only, log) : inChromium(only, peers, log));
  console.log(tableOf(report));
  if (options.json) await writeFile(options.json, jsonOf(report));
  if (options.html) await writeFile(options.html, htmlOf(report));
  return 0;
}

type Log = (line: string) => void;

async function inNode(only: string | undefined, log: Log): Promise<Report> {
  const gpu = await requestNodeGPU();
  return reportOf(await measure({ gpu, only, log }), `Node ${process.version}`);
}

async function inChromium(only: string | undefined, peers: boolean, log: Log): Promise<Report> {
  const measurement = await measureInChromium(only, peers, log);
  const wanted = [COLD, WEIGHT].some((name) => matches(name, only));
  const more = wanted ? await coldLines(only, log) : [];
  return reportOf(measurement, `Chromium ${measurement.version}`, more);
}

async function coldLines(only: string | undefined, log: Log): Promise<Line[]> {
  const { ms, gzipBytes } = await measureColdStart(log);
  return [
    plainLine(COLD, { median_ms: median(ms) }),
    plainLine(WEIGHT, { peak_bytes: gzipBytes }),
  ].filter(({ row }) => matches(row.workload, only));
}

function matches(name: string, only = ''): boolean {
  return name.toLowerCase().includes(only.toLowerCase());
}

/** The options, or what is wrong with them. */
function parse(argv: readonly string[]) {
  try {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({
      args: [...argv],
      options: {
        peers: { type: 'boolean', default: false },
        host: { ...text, default: 'chromium' },
        only: text,
        json: text,
        html: text,
        help: { type: 'boolean', default: false },
      },
    });
    if (!['chromium', 'node'].includes(values.host)) {
      return `--host must be chromium or node, not ${values.host}`;
    }
    if (values.peers && values.host === 'node') return '--peers run in Chromium only';
    const names = [...workloads.map(({ name }) => name), COLD, WEIGHT];
    if (!names.some((name) => matches(name, values.only))) {
      return `no workload is called ${values.only}; there are:\n  ${names.join('\n  ')}`;
    }
    return values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
