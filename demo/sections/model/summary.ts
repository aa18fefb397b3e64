import { part, setHidden } from '../../parts/dom';
import { factItems } from './facts';
import { rowsOf } from './graph';
import { GraphView } from './graph-view';
import { foldSummary, formatAmount, formatShape, type OpenModel } from './opened';
import type { FoldingDifference } from './runner';

/** What a model is: its facts, its graph, and what folding does to it. */
export class Summary {
  readonly #graph: GraphView;

  constructor(
    private readonly host: HTMLElement,
    onSize: (size: number) => void,
  ) {
    this.#graph = new GraphView(host);
    part(host, 'size-form').addEventListener('submit', (event) => {
      event.preventDefault();
      onSize(part<HTMLInputElement>(host, 'size').valueAsNumber);
    });
  }

  show(opened: OpenModel, size: number): void {
    const { host } = this;
    const { file, format, model, layers, flops } = opened;
    part(host, 'name').textContent = file;
    part(host, 'format').textContent = `${format} · ${model.name}`;
    const ports = (list: typeof model.inputs) =>
      list.map(({ name, tensor }) => `${name} ${formatShape(tensor.shape, tensor.batched)}`);
    part(host, 'facts').replaceChildren(
      ...factItems([
        ['Layers', String(layers.length)],
        ['Parameters', formatAmount(model.countParams().total)],
        ['Operations of one run', formatAmount(flops)],
        [model.inputs.length > 1 ? 'Inputs' : 'Input', ports(model.inputs).join(', ')],
        [model.outputs.length > 1 ? 'Outputs' : 'Output', ports(model.outputs).join(', ')],
      ]),
    );
    part(host, 'folds').textContent = foldSummary(layers);
    part(host, 'difference').textContent = '';
    setHidden(part(host, 'size-form'), !opened.open);
    part<HTMLInputElement>(host, 'size').value = String(size);
    this.#graph.show(rowsOf(model, layers));
    setHidden(part(host, 'opened'), false);
  }

  showTimes(times?: ReadonlyMap<string, number>): void {
    this.#graph.showTimes(times);
  }

  /** Undefined: without a GPU, nothing folds. */
  showDifference(difference: FoldingDifference | undefined): void {
    part(this.host, 'difference').textContent = difference
      ? `Run both ways on this GPU, the outputs before and after folding differ by at most ${formatTiny(difference.absolute)}; the largest of them is ${formatTiny(difference.largest)}.`
      : 'The CPU reference does not fold, so there is no difference to show.';
  }
}

/** Two digits, with a power of ten where the number is small. */
function formatTiny(value: number): string {
  if (value === 0) return '0';
  const [digits, power] = value.toExponential(1).split('e').map(Number);
  if (power >= -3 && power < 5) return String(Number(value.toPrecision(3)));
  const raised = String(power).replace(
    /[-\d]/g,
    (sign) => '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'['-0123456789'.indexOf(sign)],
  );
  return `${digits} · 10${raised}`;
}
