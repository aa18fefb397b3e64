import { part } from '../../parts/dom';
import { formatTime } from '../../parts/format';
import { type GraphRow, type GraphStrip, stripsOf } from './graph';
import { formatAmount } from './opened';

/** Width of a lane and of a row's height in the drawing's own units. */
const [laneWidth, height] = [14, 40];
/** Lanes drawn; what branches further is told in words only. */
const mostLanes = 8;

/** The layers of a model as a table, with lines that show how they hang together. */
export class GraphView {
  readonly #body: HTMLElement;
  #cells = new Map<string, { row: HTMLElement; time: HTMLElement }>();

  constructor(host: HTMLElement) {
    this.#body = part(host, 'rows');
    // The arrow keys scroll it.
    part(host, 'graph').tabIndex = 0;
  }

  show(rows: readonly GraphRow[]): void {
    const strips = stripsOf(rows);
    const lanes = Math.min(
      mostLanes,
      1 + Math.max(...strips.flatMap(({ lane, passing }) => [lane, ...passing])),
    );
    this.#cells = new Map();
    this.#body.replaceChildren(...rows.map((row, i) => this.#row(row, i, rows, strips[i], lanes)));
    this.#body.closest<HTMLElement>('.model-graph')?.scrollTo({ top: 0 });
  }

  /** Milliseconds by layer; undefined: not measured. */
  showTimes(times?: ReadonlyMap<string, number>): void {
    const longest = Math.max(...(times?.values() ?? []), 0);
    for (const [layer, { row, time }] of this.#cells) {
      const ms = times?.get(layer);
      row.style.setProperty('--heat', ms === undefined ? '0' : String(ms / (longest || 1)));
      row.toggleAttribute('data-timed', ms !== undefined);
      time.textContent = ms === undefined ? '–' : formatTime(ms);
    }
  }

  #row(
    row: GraphRow,
    number: number,
    rows: readonly GraphRow[],
    strip: GraphStrip,
    lanes: number,
  ): HTMLElement {
    const element = document.createElement('tr');
    const cell = (tag: 'td' | 'th', text: string, className = '') => {
      const made = document.createElement(tag);
      made.textContent = text;
      if (className) made.className = className;
      element.append(made);
      return made;
    };
    const drawing = cell('td', '', 'strip');
    drawing.innerHTML = drawingOf(strip, lanes);
    drawing.style.paddingInlineStart = `${lanes * laneWidth + laneWidth}px`;
    const name = cell('th', '');
    name.scope = 'row';
    const title = document.createElement('b');
    title.textContent = row.name;
    const kind = document.createElement('span');
    kind.className = 'kind';
    kind.textContent = row.type;
    name.append(title, ' ', kind);
    for (const text of remarksOf(row, number, rows)) {
      const line = document.createElement('small');
      line.textContent = text;
      name.append(line);
    }
    if (row.fold) {
      element.dataset.fold = row.fold.folds ? 'yes' : 'no';
      const mark = document.createElement('small');
      mark.className = 'fold';
      const verdict = document.createElement('strong');
      verdict.textContent = row.fold.folds ? `Folds into ${row.fold.into}.` : 'Stays.';
      mark.append(verdict, ` ${row.fold.reason}`);
      name.append(mark);
    }
    cell('td', row.shape, 'shape');
    cell('td', row.parameters ? formatAmount(row.parameters) : '–', 'number');
    cell('td', row.flops ? formatAmount(row.flops) : '–', 'number');
    const time = cell('td', row.layer === undefined ? '' : '–', 'number time');
    if (row.layer !== undefined && !this.#cells.has(row.layer)) {
      this.#cells.set(row.layer, { row: element, time });
    }
    return element;
  }
}

/** What a reader of the table alone would miss. */
function remarksOf({ reads, output }: GraphRow, number: number, rows: readonly GraphRow[]) {
  const chained = reads.length === 1 && reads[0] === number - 1;
  const names = reads.map((row) => rows[row].name).join(', ');
  return [
    ...(reads.length && !chained ? [`reads ${names}`] : []),
    ...(output ? ['an output'] : []),
  ];
}

function drawingOf(
  { lane, ending, passing, branching, goesOn }: GraphStrip,
  lanes: number,
): string {
  const x = (index: number) => (Math.min(index, mostLanes - 1) + 0.5) * laneWidth;
  const middle = height / 2;
  const curve = (from: number) =>
    `M${x(from)} 0C${x(from)} ${middle} ${x(lane)} 0 ${x(lane)} ${middle}`;
  const paths = [
    ...passing.map((index) => `M${x(index)} 0V${height}`),
    ...[...ending, ...branching].map(curve),
    ...(goesOn ? [`M${x(lane)} ${middle}V${height}`] : []),
  ];
  const width = lanes * laneWidth;
  return `<svg viewBox="0 0 ${width} ${height}" style="width: ${width}px" preserveAspectRatio="none" aria-hidden="true"><path d="${paths.join('')}"/></svg><i style="left: ${x(lane)}px"></i>`;
}
