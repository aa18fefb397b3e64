import { part, setHidden, setText } from '../../parts/dom';
import type { ValuesOf } from '../../parts/fields';
import { formatCount, formatNumber } from '../../parts/format';
import { batchSizes, settings } from './settings';
import { type Mode, watchedLayers } from './watcher';

type Values = ValuesOf<typeof settings>;

export interface ControlActions {
  set(change: Partial<Values>): void;
  /** Another start for the network. */
  restart(start: Values['start'] | undefined): void;
  newCompany(): void;
  tryCompanies(): void;
}

/** The controls and what they say. */
export class LookControls {
  constructor(
    private readonly host: HTMLElement,
    { set, restart, newCompany, tryCompanies }: ControlActions,
  ) {
    part(host, 'scale').innerHTML =
      '<span data-part="scale-low"></span><span class="ramp" aria-hidden="true"></span><span data-part="scale-high"></span>';
    for (const radio of host.querySelectorAll<HTMLInputElement>('[name="look-mode"]')) {
      radio.addEventListener('change', () => set({ mode: radio.value as Mode }));
    }
    const slider = part<HTMLInputElement>(host, 'batch');
    slider.addEventListener('input', () => set({ batch: batchSizes[Number(slider.value)] }));
    const start = part<HTMLSelectElement>(host, 'start');
    start.addEventListener('change', () => restart(settings.start.parse(start.value)));
    part(host, 'company').addEventListener('click', newCompany);
    part(host, 'try-companies').addEventListener('click', tryCompanies);
  }

  showRange(range: number): void {
    setText(part(this.host, 'scale-low'), `−${range} and below`);
    setText(part(this.host, 'scale-high'), `${range} and above; 0 is the card’s colour`);
  }

  showMode(mode: Mode, batch: (typeof batchSizes)[number], layer: number, drawn: boolean): void {
    const { host } = this;
    for (const radio of host.querySelectorAll<HTMLInputElement>('[name="look-mode"]')) {
      radio.checked = radio.value === mode;
    }
    const slider = part<HTMLInputElement>(host, 'batch');
    slider.value = String(batchSizes.indexOf(batch));
    slider.setAttribute('aria-valuetext', `${batch} images`);
    setText(part(host, 'batch-value'), String(batch));
    part<HTMLButtonElement>(host, 'company').disabled = batch === 1;
    setText(part(host, 'batch-words'), batchWords(mode, batch, layer, drawn));
  }

  showPhase(text: string): void {
    setText(part(this.host, 'phase'), text);
    part(this.host, 'panel').toggleAttribute('data-loading', text !== '');
  }

  setEnabled(enabled: boolean): void {
    part<HTMLFieldSetElement>(this.host, 'panel').disabled = !enabled;
  }

  showCpu(reason: string): void {
    const note = part(this.host, 'cpu-note');
    setText(
      note,
      `${reason}, so the library’s CPU reference computes this section: the same numbers, more slowly, and without training.`,
    );
    setHidden(note, reason === '');
    setHidden(this.host.querySelector('.look-train') as HTMLElement, reason !== '');
  }

  showTraining(steps: number, loss: number, seed: number, start: string): void {
    const { host } = this;
    setText(part(host, 'steps'), formatCount(steps));
    setText(part(host, 'loss'), formatNumber(loss));
    setText(part(host, 'seed'), String(seed));
    part<HTMLSelectElement>(host, 'start').value = start;
  }
}

function batchWords(mode: 'eval' | 'train', batch: number, layer: number, drawn: boolean): string {
  const { height, width } = watchedLayers[layer].shape;
  const own = drawn ? 'Your digit' : 'The digit';
  const who =
    batch === 1
      ? `${own} is alone in the batch`
      : `${own} and ${batch - 1} other test ${batch === 2 ? 'image' : 'images'} are in the batch`;
  const count = `${batch === 1 ? '' : `${batch} × `}${height} × ${width} = ${formatCount(batch * height * width)}`;
  const over = `each mean in convolution ${layer + 1} is over ${count} values`;
  if (mode === 'eval') {
    return `${who}; ${over}. In eval mode that changes nothing: the running statistics are used.`;
  }
  return batch === 1
    ? `${who}; ${over}, all of this one image. That is defined, but it is not what the network was trained with.`
    : `${who}; ${over}. Other company, other statistics, and another answer.`;
}
