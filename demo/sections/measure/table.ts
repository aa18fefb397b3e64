import { type Column, textOf } from './columns';
import { type Order, sorted } from './sorting';

/** A table that its headers sort: once one way, then the other, then as it came. */
export class SortableTable<Row> {
  readonly #body: HTMLTableSectionElement;
  readonly #headers: HTMLTableCellElement[];
  #rows: readonly Row[] = [];
  #order?: Order;

  constructor(
    table: HTMLTableElement,
    /** The same ones each time; what they say of a row may change. */
    private readonly columns: () => readonly Column<Row>[],
    caption: string,
    /** Marks a row, e.g. as failed. */
    private readonly mark?: (row: Row) => string | undefined,
  ) {
    const text = document.createElement('span');
    text.textContent = caption;
    table.createCaption().append(text);
    // Too wide for a phone: what it scrolls in can be reached with the keyboard.
    if (table.parentElement) table.parentElement.tabIndex = 0;
    const head = table.createTHead().insertRow();
    this.#headers = columns().map(({ title, unit }, column) => {
      const cell = document.createElement('th');
      cell.scope = 'col';
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = unit ? `${title}, ${unit}` : title;
      button.addEventListener('click', () => this.#sortBy(column));
      cell.append(button);
      head.append(cell);
      return cell;
    });
    this.#body = table.createTBody();
  }

  show(rows: readonly Row[]): void {
    this.#rows = rows;
    const columns = this.columns();
    const ordered = sorted(rows, columns, this.#order);
    this.#body.replaceChildren(...ordered.map((row) => this.#row(columns, row)));
    columns.forEach(({ value }, i) => {
      const isNumber = rows.some((row) => typeof value(row) === 'number');
      this.#headers[i].classList.toggle('number', isNumber);
    });
  }

  #row(columns: readonly Column<Row>[], row: Row): HTMLTableRowElement {
    const element = document.createElement('tr');
    const mark = this.mark?.(row);
    if (mark) element.dataset.mark = mark;
    columns.forEach((column, i) => {
      const cell = document.createElement(i ? 'td' : 'th');
      if (!i) (cell as HTMLTableCellElement).scope = 'row';
      const value = column.value(row);
      cell.textContent = textOf(column, row);
      if (typeof value === 'number') {
        cell.className = column.bar ? 'number bar' : 'number';
        if (column.bar) cell.style.setProperty('--share', String(Math.min(1, value) || 0));
      }
      element.append(cell);
    });
    return element;
  }

  #sortBy(column: number): void {
    const order = this.#order;
    if (order?.column !== column) this.#order = { column, descending: false };
    else this.#order = order.descending ? undefined : { column, descending: true };
    this.#headers.forEach((header, i) => {
      if (this.#order?.column !== i) header.removeAttribute('aria-sort');
      else header.setAttribute('aria-sort', this.#order.descending ? 'descending' : 'ascending');
    });
    this.show(this.#rows);
  }
}
