import { part, setHidden } from '../../parts/dom';
import { formatNumber, formatTime } from '../../parts/format';
import { pickFiles } from '../../parts/pick-files';
import { bestOf, parseLabels, ranks, summaryOf } from './answers';
import { factItems } from './facts';
import { formatShape } from './opened';
import type { NamedOutput, RunResult } from './runner';

const shownClasses = 5;

/** What a run gave: the best classes, or a few numbers of an output that is no list of classes. */
export class Results {
  #labels?: readonly string[];
  #result?: RunResult;

  constructor(private readonly host: HTMLElement) {
    pickFiles(part(host, 'choose-labels'), part(host, 'labels'), ([file]) => {
      void this.#readLabels(file);
    });
  }

  /** Names of classes, for a model that comes with some; undefined forgets them. */
  setLabels(labels: readonly string[] | undefined): void {
    this.#labels = labels;
    part(this.host, 'labels-note').textContent = 'a line for each, or JSON';
  }

  /** `why` there is nothing to show. */
  clear(why = ''): void {
    this.#result = undefined;
    part(this.host, 'ran').textContent = why;
    part(this.host, 'outputs').replaceChildren();
    setHidden(part(this.host, 'labels-row'), true);
  }

  show(result: RunResult, backend: 'gpu' | 'cpu'): void {
    this.#result = result;
    const { host } = this;
    const where = backend === 'gpu' ? 'on the GPU' : 'on the CPU reference, in float64';
    part(host, 'ran').textContent =
      `${formatTime(result.ms)} ${where}, upload and read-back included`;
    part(host, 'outputs').replaceChildren(...result.outputs.map((output) => this.#output(output)));
    setHidden(part(host, 'labels-row'), !result.outputs.some(ranks));
  }

  /** The best answer in words, for a screen reader. */
  get summary(): string {
    const output = this.#result?.outputs.find(ranks);
    if (!output) return 'It ran';
    const [best] = bestOf(output, this.#labels, 1);
    return `${best.label}, ${formatNumber(best.score)}`;
  }

  #output(output: NamedOutput): HTMLElement {
    const box = document.createElement('div');
    box.className = 'model-output';
    const title = document.createElement('h4');
    title.textContent = `${output.name} ${formatShape(output.shape, false)}`;
    box.append(title, ranks(output) ? this.#ranking(output) : numbersOf(output));
    return box;
  }

  #ranking(output: NamedOutput): HTMLElement {
    const list = document.createElement('ol');
    list.className = 'model-ranking';
    list.append(
      ...bestOf(output, this.#labels, shownClasses).map(({ label, score, share }) => {
        const item = document.createElement('li');
        item.style.setProperty('--share', String(share));
        const [name, value] = [document.createElement('span'), document.createElement('b')];
        name.textContent = label;
        value.textContent = formatNumber(score);
        item.append(name, value);
        return item;
      }),
    );
    return list;
  }

  async #readLabels(file: File): Promise<void> {
    const note = part(this.host, 'labels-note');
    try {
      this.#labels = parseLabels(await file.text());
      note.textContent = `${this.#labels.length} names from ${file.name}`;
    } catch {
      note.textContent = `${file.name} has no names: a line for each class, or a JSON list`;
      return;
    }
    const outputs = this.#result?.outputs ?? [];
    part(this.host, 'outputs').replaceChildren(...outputs.map((output) => this.#output(output)));
  }
}

function numbersOf(output: NamedOutput): HTMLElement {
  const { least, greatest, mean, wrong, first } = summaryOf(output);
  const list = document.createElement('dl');
  list.className = 'model-facts';
  list.append(
    ...factItems([
      ['Least', formatNumber(least)],
      ['Mean', formatNumber(mean)],
      ['Greatest', formatNumber(greatest)],
      ['First', first.map(formatNumber).join(', ') + (output.data.length > 8 ? ', …' : '')],
      ...(wrong ? [['Not finite', String(wrong)] as const] : []),
    ]),
  );
  return list;
}
