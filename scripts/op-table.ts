// npm run docs: the table of operations in the README, from the list of ops, that of ONNX's operators,
// and that of Keras' layers.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ops } from '../src/ops';
import { gradientRules } from '../src/ops/gradients';
import { withKerasTable } from './keras-table';
import { withOnnxTable } from './onnx-table';
import { summaries } from './op-summaries';

const FILE = join(import.meta.dirname, '../README.md');
const ONNX = join(import.meta.dirname, '../docs/onnx.md');
const KERAS = join(import.meta.dirname, '../docs/keras.md');
const BEGIN = '<!-- ops: made by `npm run docs` -->\n';
const END = '<!-- /ops -->';

/** A row an op. Gradients are ops too, and listed with the op that they belong to. */
export function opTable(): string {
  const listed = ops.filter(({ gradientOf }) => !gradientOf);
  const stray = Object.keys(summaries).find((name) => !listed.some((op) => op.name === name));
  if (stray) throw new Error(`scripts/op-summaries.ts: there is no op "${stray}"`);
  const rows = listed
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((op) => {
      const { name, lower, view } = op;
      const summary = summaries[name];
      if (!summary) throw new Error(`scripts/op-summaries.ts: what does "${name}" compute?`);
      const gradient = gradientRules.has(op);
      const gpu = view ? 'view' : lower ? 'yes' : 'no';
      return `| \`${name}\` | ${summary.replaceAll('|', '\\|')} | ${gpu} | ${gradient ? 'yes' : '–'} |`;
    });
  return ['| op | computes | GPU | gradient |', '|---|---|---|---|', ...rows, ''].join('\n');
}

/** The README with the table in its place. */
export function withTable(text: string): string {
  const [start, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`${FILE} lost the marks around its table`);
  return `${text.slice(0, start + BEGIN.length)}\n${opTable()}\n${text.slice(end)}`;
}

export async function main(): Promise<number> {
  writeFileSync(FILE, withTable(readFileSync(FILE, 'utf8')));
  writeFileSync(ONNX, withOnnxTable(readFileSync(ONNX, 'utf8')));
  writeFileSync(KERAS, withKerasTable(readFileSync(KERAS, 'utf8')));
  return 0;
}
