import { part, setHidden } from '../../parts/dom';
import { formatNumber, formatPercent, formatTime } from '../../parts/format';
import type { Page } from '../../parts/page';
import { download } from '../../parts/text-dialog';
import { factItems } from './facts';
import {
  sortedRows,
  type Timing,
  type TimingColumn,
  type TimingRow,
  timingColumns,
  timingCsv,
} from './timing';

/** Where the time goes: stages, and a table that sorts. */
export class ProfileView {
  #timing?: Timing;
  #column: TimingColumn = 'ms';
  #descending = true;
  #file = 'model';
  readonly #buttons = new Map<TimingColumn, HTMLElement>();

  constructor(
    private readonly host: HTMLElement,
    private readonly page: Page,
  ) {
    part(host, 'time-head').append(
      ...timingColumns.map(({ key, title, numeric }) => {
        const head = document.createElement('th');
        head.scope = 'col';
        if (numeric) head.className = 'number';
        const button = document.createElement('button');
        button.type = 'button';
        button.textContent = title;
        button.addEventListener('click', () => this.#sort(key, title, numeric));
        head.append(button);
        this.#buttons.set(key, head);
        return head;
      }),
    );
    part(host, 'times').tabIndex = 0;
    part(host, 'csv').addEventListener('click', () => {
      if (this.#timing) download(`${this.#file}-times.csv`, timingCsv(this.#timing), 'text/csv');
    });
  }

  clear(): void {
    this.#timing = undefined;
    for (const name of ['times', 'stages', 'csv']) setHidden(part(this.host, name), true);
    part(this.host, 'time-note').textContent = '';
  }

  show(timing: Timing, file: string, onGpu: boolean): void {
    this.#timing = timing;
    this.#file = file.replace(/\.[^.]+$/, '');
    const { host } = this;
    part(host, 'time-note').textContent = timing.estimated
      ? `Estimated: ${onGpu ? 'this device has no timestamps, so' : 'on the CPU'} the measured total is shared out by operations.`
      : `By the device’s own clock, the mean of ${timing.runs} runs. Browsers round it, some to 0.1 ms.`;
    part(host, 'stages').replaceChildren(
      ...factItems(stagesOf(timing).map(([title, ms]) => [title, formatTime(ms)])),
    );
    for (const name of ['times', 'stages', 'csv']) setHidden(part(host, name), false);
    this.#draw();
  }

  #sort(column: TimingColumn, title: string, numeric: boolean): void {
    this.#descending = this.#column === column ? !this.#descending : numeric;
    this.#column = column;
    this.#draw();
    const order = this.#descending ? 'descending' : 'ascending';
    this.page.announcer.say(`Sorted by ${title}, ${order}`);
  }

  #draw(): void {
    if (!this.#timing) return;
    for (const [key, head] of this.#buttons) {
      if (key !== this.#column) head.removeAttribute('aria-sort');
      else head.setAttribute('aria-sort', this.#descending ? 'descending' : 'ascending');
    }
    const rows = sortedRows(this.#timing.rows, this.#column, this.#descending);
    part(this.host, 'time-rows').replaceChildren(...rows.map(rowOf));
  }
}

function stagesOf({ compile, upload, gpu, readBack }: Timing): [string, number][] {
  return [
    ['Compile, once', compile],
    ...(upload === undefined ? [] : [['Upload', upload] as [string, number]]),
    [upload === undefined ? 'Run' : 'GPU, with submitting', gpu],
    ...(readBack === undefined ? [] : [['Read back', readBack] as [string, number]]),
  ];
}

function rowOf(row: TimingRow): HTMLElement {
  const element = document.createElement('tr');
  element.style.setProperty('--heat', String(row.share));
  const cell = (tag: 'td' | 'th', text: string, className = '') => {
    const made = document.createElement(tag);
    made.textContent = text;
    if (className) made.className = className;
    element.append(made);
    return made;
  };
  (cell('th', row.layer) as HTMLTableCellElement).scope = 'row';
  cell('td', row.kernel);
  cell('td', row.outputs, 'shape');
  cell('td', formatNumber(row.ms), 'number');
  cell('td', formatPercent(row.share), 'number share');
  cell('td', formatNumber(row.gbps), 'number');
  cell('td', formatNumber(row.gflops), 'number');
  return element;
}
