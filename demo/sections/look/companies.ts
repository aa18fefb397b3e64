import { part, setHidden, setText } from '../../parts/dom';
import { bestOf, percent } from './answers';
import { batchSizes } from './settings';

/** What one company made of the digit. */
export type Ask = (batch: number, company: number) => Promise<Float32Array>;

const companies = 10;

/** How sure the network is of its answer in train mode, with other companies and other sizes of the batch. */
export class Companies {
  /** The asking under way; another one, or none: it is given up. */
  #asking?: symbol;

  constructor(
    private readonly host: HTMLElement,
    private readonly say: (message: string) => void,
  ) {}

  /** `digit`: what eval mode reads. */
  async show(digit: number, ask: Ask): Promise<void> {
    const asking = Symbol();
    this.#asking = asking;
    const words = part(this.host, 'companies-words');
    setText(
      part(this.host, 'companies-caption'),
      `How sure train mode is that it is a ${digit}. A dot is a company; where it is hollow, another digit is read.`,
    );
    const body = part(this.host, 'companies-table').querySelector('tbody') as HTMLElement;
    body.replaceChildren();
    setHidden(part(this.host, 'companies-table'), false);
    for (const batch of batchSizes) {
      setText(words, `Asking, with ${batch} ${batch === 1 ? 'image' : 'images'}`);
      const answers: Float32Array[] = [];
      // Alone, there is no company to vary.
      for (let company = 1; company <= (batch === 1 ? 1 : companies); company++) {
        if (this.#asking !== asking) return this.clear();
        answers.push(await ask(batch, company));
      }
      body.append(rowOf(batch, digit, answers));
    }
    setText(words, '');
    this.say('Asked ten companies at every size. A table has the answers.');
  }

  /** Gives up asking, if it is under way: something else is more urgent. */
  stop(): void {
    this.#asking = undefined;
  }

  /** Forgets answers to another question. */
  clear(): void {
    this.stop();
    setText(part(this.host, 'companies-words'), '');
    setHidden(part(this.host, 'companies-table'), true);
  }
}

function rowOf(
  batch: number,
  digit: number,
  answers: readonly Float32Array[],
): HTMLTableRowElement {
  const row = document.createElement('tr');
  const sure = answers.map((probabilities) => probabilities[digit]);
  const dots = answers
    .map((probabilities) => {
      const other = bestOf(probabilities) !== digit;
      return `<circle class="${other ? 'other' : 'same'}" cx="${(4 + 192 * probabilities[digit]).toFixed(1)}" cy="8" r="3"/>`;
    })
    .join('');
  const mean = sure.reduce((sum, value) => sum + value, 0) / sure.length;
  row.innerHTML = `<th scope="row">${batch}</th><td><svg class="dots" viewBox="0 0 200 16" aria-hidden="true"><line x1="4" x2="196" y1="8" y2="8"/>${dots}</svg></td><td>${percent(mean)}</td><td>${percent(Math.min(...sure))}</td>`;
  return row;
}
