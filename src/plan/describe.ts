import { formatType } from '../ir/verify';
import type { Plan, PlanStep } from './types';

/** The plan as a table: a row a dispatch or copy, then its totals. */
export function describePlan(plan: Plan): string {
  const header = ['#', 'node', 'kernel', 'output', 'workgroups', 'KiB', 'kFLOP'];
  const rows = plan.steps.map((step, i) => [String(i), step.node, ...columns(plan, step)]);
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column].length)),
  );
  const line = (cells: string[]) =>
    cells
      .map((cell, i) => (i === 0 || i > 4 ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join('  ')
      .trimEnd();
  const dispatches = plan.steps.filter(({ kind }) => kind === 'dispatch').length;
  return [
    line(header),
    line(widths.map((width) => '-'.repeat(width))),
    ...rows.map(line),
    '',
    `${dispatches} dispatches, ${plan.steps.length - dispatches} copies, ${plan.pipelines.length} pipelines; ` +
      `peak ${kibi(plan.peakBytes)} KiB (lower bound ${kibi(plan.lowerBoundBytes)} KiB)`,
    '',
  ].join('\n');
}

function columns(plan: Plan, step: PlanStep): string[] {
  if (step.kind === 'copy') return [`copy (${step.op})`, '', '', kibi(step.from.bytes), ''];
  const { kernel, entry, width } = plan.pipelines[step.pipeline];
  const name = entry === 'main' ? kernel.name : `${kernel.name}.${entry}`;
  return [
    width === 4 ? `${name} ×4` : name,
    step.outputs.map(formatType).join(' '),
    step.workgroups.join('×'),
    kibi(step.bytes),
    (step.flops / 1000).toFixed(1),
  ];
}

function kibi(bytes: number): string {
  return (bytes / 1024).toFixed(1);
}
