// Tables as text.

type Row = readonly string[];

/** Of each column, the length of its longest cell. */
export function columnWidths(rows: readonly Row[]): number[] {
  return rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
}

/** A row as a line, two spaces between columns; those of numbers end alike. */
export function tableLine(
  row: Row,
  widths: readonly number[],
  isNumber: (column: number) => boolean,
): string {
  return row
    .map((cell, i) => (isNumber(i) ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
    .join('  ')
    .trimEnd();
}
