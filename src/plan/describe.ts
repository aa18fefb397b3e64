import { columnWidths, tableLine } from '../core/table';
import { formatType } from '../ir/verify';
import type { Plan, PlanDispatch, PlanStep } from './types';

/** The plan as a table: a row a dispatch or copy, then its totals. */
export function describePlan(plan: Plan): string {
  const header = ['#', 'node', 'kernel', 'output', 'workgroups', 'KiB', 'kFLOP'];
  const rows = plan.steps.map((step, i) => [String(i), step.node, ...columns(plan, step)]);
  const dispatches = plan.steps.filter(({ kind }) => kind === 'dispatch').length;
  return [
    ...tableLines(header, rows, 4),
    '',
    `${dispatches} dispatches, ${plan.steps.length - dispatches} copies, ${plan.pipelines.length} pipelines; ` +
      `peak ${kibi(plan.peakBytes)} KiB (lower bound ${kibi(plan.lowerBoundBytes)} KiB)`,
    '',
  ].join('\n');
}

/** A header, a rule and rows: a number, `texts` columns of text, and numbers again. */
export function tableLines(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  texts: number,
): string[] {
  const widths = columnWidths([header, ...rows]);
  const line = (cells: readonly string[]) =>
    tableLine(cells, widths, (column) => column === 0 || column > texts);
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}

/** A dispatch's kernel with its entry point and width, as `describe()` names it. */
export function kernelLabel({ pipelines }: Plan, { pipeline }: PlanDispatch): string {
  const { kernel, entry, width } = pipelines[pipeline];
  const name = entry === 'main' ? kernel.name : `${kernel.name}.${entry}`;
  return width > 1 ? `${name} ×${width}` : name;
}

function columns(plan: Plan, step: PlanStep): string[] {
  if (step.kind === 'copy') return [`copy (${step.op})`, '', '', kibi(step.from.bytes), ''];
  return [
    kernelLabel(plan, step),
    step.outputs.map(formatType).join(' '),
    step.workgroups.join('×'),
    kibi(step.bytes),
    (step.flops / 1000).toFixed(1),
  ];
}

function kibi(bytes: number): string {
  return (bytes / 1024).toFixed(1);
}
