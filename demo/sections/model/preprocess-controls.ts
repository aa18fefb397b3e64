import { part } from '../../parts/dom';
import type { Settings } from '../../parts/link';
import { type ModelSettings, settings } from './settings';

const selects = ['norm', 'order', 'fit'] as const;

/** The choices of how a picture becomes numbers. */
export class PreprocessControls {
  constructor(
    private readonly host: HTMLElement,
    private readonly kept: Settings<ModelSettings>,
    onChange: () => void,
  ) {
    for (const name of selects) {
      const select = part<HTMLSelectElement>(host, name);
      select.addEventListener('change', () => {
        kept.set({ [name]: settings[name].parse(select.value) });
        onChange();
      });
    }
    const invert = part<HTMLInputElement>(host, 'invert');
    invert.addEventListener('change', () => {
      kept.set({ invert: invert.checked });
      onChange();
    });
  }

  /** Shows the settings as they are. */
  show(): void {
    const { host, kept } = this;
    for (const name of selects) part<HTMLSelectElement>(host, name).value = kept.values[name];
    part<HTMLInputElement>(host, 'invert').checked = kept.values.invert;
  }
}
