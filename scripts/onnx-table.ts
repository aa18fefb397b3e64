// The table of operators in docs/onnx.md, from those that the importer has.
import { OPERATORS } from '../src/formats/onnx/ops';

const BEGIN = '<!-- operators: made by `npm run docs` -->\n';
const END = '<!-- /operators -->';

/** `docs/onnx.md` with the table in its place. */
export function withOnnxTable(text: string): string {
  const [start, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (start < 0 || end < start) throw new Error('docs/onnx.md lost the marks around its table');
  const rows = [...OPERATORS]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { limits, known = [] }]) => {
      const fixed = known.length ? known.join(', ') : '–';
      return `| ${name} | ${limits ?? ''} | ${fixed} |`;
    });
  const table = [
    `${OPERATORS.size} operators. Inputs that must be known at import are counted from 0.`,
    '',
    '| operator | only | known at import |',
    '|---|---|---|',
    ...rows,
    '',
  ];
  return `${text.slice(0, start + BEGIN.length)}\n${table.join('\n')}\n${text.slice(end)}`;
}
