import { type SelfTestReport, type SelfTestResult, shareOf } from './report';

/** Most failures that a report lists. */
const MOST_FAILURES = 50;

/** A report in Markdown, to be pasted into an issue: the adapter, what failed, a row a kernel. */
export function formatSelfTest(report: SelfTestReport): string {
  const { version, adapter, features, skipped, outcome, cases, kernels, passed, failed } = report;
  const failures = cases.filter((result) => !result.passed);
  return [
    `## Self-test of webgpu-batchnorm ${version}`,
    '',
    `- Adapter: ${adapter}`,
    `- Features: ${features.join(', ') || 'none'}`,
    `- Checks: ${passed} passed, ${failed} failed${outcome === 'stopped' ? ' (stopped before the end)' : ''}`,
    ...(skipped ? [`- Skipped: ${skippedCases(skipped)}`] : []),
    '',
    ...(failures.length ? failureLines(failures) : []),
    '### Kernels',
    '',
    ...table(
      ['kernel', 'checks', 'failed', 'largest error', 'tolerance', 'share', 'in'],
      [1, 2, 3, 4, 5],
      kernels.map(({ kernel, checks, failed, worst }) => [
        kernel,
        String(checks),
        String(failed),
        short(worst.maxError),
        short(worst.tolerance),
        percent(shareOf(worst)),
        `${worst.op}.${worst.output}, ${worst.case}`,
      ]),
    ),
    '',
  ].join('\n');
}

/** What was left out, and why. */
export function skippedCases(count: number): string {
  return `${count} ${count === 1 ? 'case' : 'cases'} with f16 tensors, since the device has no shader-f16`;
}

function failureLines(failures: readonly SelfTestResult[]): string[] {
  const more = failures.length - MOST_FAILURES;
  return [
    '### Failures',
    '',
    ...table(
      ['op', 'case', 'direction', 'by', 'worst element'],
      [],
      failures
        .slice(0, MOST_FAILURES)
        .map(({ op, case: name, direction, lowering, worst = '' }) => [
          op,
          name,
          direction,
          lowering,
          worst,
        ]),
    ),
    ...(more > 0 ? ['', `and ${more} more`] : []),
    '',
  ];
}

/** A Markdown table; the columns in `numbers` are set flush right. */
function table(
  header: readonly string[],
  numbers: readonly number[],
  rows: readonly (readonly string[])[],
): string[] {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replace(/\s+/g, ' ')).join(' | ')} |`;
  const rule = header.map((_, i) => (numbers.includes(i) ? '---:' : '---'));
  return [line(header), line(rule), ...rows.map(line)];
}

/** Exact ops have an error and a tolerance of 0. */
function short(error: number): string {
  return error === 0 ? '0' : error.toExponential(2);
}

function percent(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(1)}%` : '–';
}
