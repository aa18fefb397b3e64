import { formatRate } from './format';

export interface LogSliderOptions {
  readonly slider: HTMLInputElement;
  readonly box: HTMLInputElement;
  readonly min: number;
  readonly max: number;
  readonly onInput: (value: number) => void;
}

/** A logarithmic slider and a number box that show the same value. */
export class LogSlider {
  #value: number;

  constructor(private readonly options: LogSliderOptions) {
    const { slider, box, min, max, onInput } = options;
    this.#value = min;
    slider.min = String(Math.log10(min));
    slider.max = String(Math.log10(max));
    // An eighth more with each step: a change of two digits always shows.
    slider.step = '0.05';
    box.min = String(min);
    box.max = String(max);
    slider.addEventListener('input', () => {
      this.#value = Number(formatRate(10 ** Number(slider.value)));
      this.#show();
      onInput(this.#value);
    });
    box.addEventListener('change', () => {
      const typed = box.value.trim() ? Number(box.value) : Number.NaN;
      if (!Number.isFinite(typed)) return this.set(this.#value);
      const value = Math.min(max, Math.max(min, typed));
      this.set(value);
      onInput(value);
    });
  }

  set(value: number): void {
    this.#value = value;
    this.options.slider.value = String(Math.log10(value));
    this.#show();
  }

  #show(): void {
    const { slider, box } = this.options;
    slider.setAttribute('aria-valuetext', formatRate(this.#value));
    box.value = formatRate(this.#value);
  }
}
