import { part } from '../../parts/dom';
import { formatRate } from '../../parts/format';
import { LogSlider } from '../../parts/log-slider';
import { rateLimits } from '../../parts/training-settings';
import { Experiments } from './experiments';
import { networks } from './networks';
import type { Preset } from './presets';
import { presetOf, type RaceSettings, settings } from './settings';
import { batches } from './variants';

export interface PanelActions {
  rate(rate: number): void;
  batch(batch: RaceSettings['batch'] | undefined): void;
  choose(preset: Preset): void;
}

/** The settings of a race: its experiment, its learning rate and its batch. */
export class Panel {
  readonly #slider: LogSlider;
  readonly #batch: HTMLSelectElement;
  readonly #experiments: Experiments;
  readonly #multiples: readonly HTMLButtonElement[];
  /** What ×1 stands for. */
  #baseRate = 1;

  constructor(
    private readonly host: HTMLElement,
    private readonly actions: PanelActions,
  ) {
    this.#slider = new LogSlider({
      slider: part(host, 'rate'),
      box: part(host, 'rate-box'),
      ...rateLimits,
      onInput: (rate) => this.#setRate(rate),
    });
    this.#multiples = [...host.querySelectorAll<HTMLButtonElement>('[data-multiple]')];
    for (const button of this.#multiples) {
      button.addEventListener('click', () => {
        const rate = Number(formatRate(this.#rateOf(button)));
        this.#slider.set(rate);
        this.#setRate(rate);
      });
    }
    this.#batch = part<HTMLSelectElement>(host, 'batch');
    this.#batch.append(...batches.map((images) => new Option(String(images))));
    this.#batch.addEventListener('change', () => {
      actions.batch(settings.batch.parse(this.#batch.value));
    });
    this.#experiments = new Experiments(host, (preset) => actions.choose(preset));
  }

  show(values: RaceSettings): void {
    const preset = presetOf(values);
    this.#baseRate = preset?.lr ?? networks[values.net].rate;
    this.#slider.set(values.lr);
    this.#batch.value = String(values.batch);
    part(this.host, 'network').textContent = networks[values.net].describe();
    this.#experiments.show(preset);
    this.#showMultiple(values.lr);
  }

  #setRate(rate: number): void {
    this.#showMultiple(rate);
    this.actions.rate(rate);
  }

  #rateOf({ dataset }: HTMLButtonElement): number {
    return this.#baseRate * Number(dataset.multiple);
  }

  #showMultiple(rate: number): void {
    for (const button of this.#multiples) {
      const pressed = formatRate(this.#rateOf(button)) === formatRate(rate);
      button.setAttribute('aria-pressed', String(pressed));
    }
  }
}
