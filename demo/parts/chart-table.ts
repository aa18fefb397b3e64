const mostRows = 12;

/**
 * Fills a table for screen readers with some of `count` points, the first and the last among them. `cells`:
 * what stands in the row of a point.
 */
export function fillChartTable(
  table: HTMLElement,
  head: readonly string[],
  count: number,
  cells: (index: number) => readonly string[],
): void {
  const rows = Math.min(mostRows, count);
  const indices = Array.from({ length: rows }, (_, i) =>
    rows === 1 ? 0 : Math.round((i * (count - 1)) / (rows - 1)),
  );
  table.querySelector('thead')?.replaceChildren(rowOf(head, 'col'));
  const body = indices.map((index) => rowOf(cells(index), 'row'));
  table.querySelector('tbody')?.replaceChildren(...body);
}

/** `heads`: what the row has headers of; of a row of numbers only the first cell is one. */
function rowOf(texts: readonly string[], heads: 'col' | 'row'): HTMLTableRowElement {
  const row = document.createElement('tr');
  texts.forEach((text, column) => {
    const isHead = heads === 'col' || column === 0;
    const cell = document.createElement(isHead ? 'th' : 'td');
    if (isHead) cell.setAttribute('scope', heads);
    cell.textContent = text;
    row.append(cell);
  });
  return row;
}
