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
  constructor(private readonly options: LogSliderOptions) {
    const { slider, box, min, max, onInput } = options;
    slider.min = String(Math.log10(min));
    slider.max = String(Math.log10(max));
    slider.step = '0.01';
    box.min = String(min);
    box.max = String(max);
    slider.addEventListener('input', () => {
      const value = Number(formatRate(10 ** Number(slider.value)));
      box.value = formatRate(value);
      slider.setAttribute('aria-valuetext', formatRate(value));
      onInput(value);
    });
    box.addEventListener('change', () => {
      const typed = box.value.trim() ? Number(box.value) : Number.NaN;
      if (!Number.isFinite(typed)) return this.set(10 ** Number(slider.value));
      const value = Math.min(max, Math.max(min, typed));
      this.set(value);
      onInput(value);
    });
  }

  set(value: number): void {
    const { slider, box } = this.options;
    slider.value = String(Math.log10(value));
    slider.setAttribute('aria-valuetext', formatRate(value));
    box.value = formatRate(value);
  }
}
