import { type Column, textOf } from './columns';

/** A table in Markdown, with the numbers as people read them. */
export function toMarkdown<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const isNumber = ({ value }: Column<Row>) => rows.some((row) => typeof value(row) === 'number');
  return [
    line(columns.map(({ title, unit }) => (unit ? `${title} (${unit})` : title))),
    line(columns.map((column) => (isNumber(column) ? '---:' : '---'))),
    ...rows.map((row) => line(columns.map((column) => textOf(column, row)))),
    '',
  ].join('\n');
}

/** A table in CSV (RFC 4180), with the numbers in full; what is no number is left empty. */
export function toCsv<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const quoted = (text: string) =>
    /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  const cell = (value: string | number) =>
    quoted(typeof value === 'number' && !Number.isFinite(value) ? '' : String(value));
  const lines = [
    columns.map(({ key }) => quoted(key)),
    ...rows.map((row) => columns.map(({ value }) => cell(value(row)))),
  ];
  return lines.map((cells) => `${cells.join(',')}\r\n`).join('');
}
