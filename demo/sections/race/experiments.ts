import { part, setText } from '../../parts/dom';
import { type Preset, presets } from './presets';

/** A button for each experiment, and what the one that is chosen is about. */
export class Experiments {
  readonly #buttons: readonly HTMLButtonElement[];

  constructor(
    private readonly host: HTMLElement,
    choose: (preset: Preset) => void,
  ) {
    this.#buttons = presets.map((preset) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = preset.title;
      button.addEventListener('click', () => choose(preset));
      return button;
    });
    part(host, 'presets').append(...this.#buttons);
  }

  show(chosen: Preset | undefined): void {
    this.#buttons.forEach((button, i) => {
      button.setAttribute('aria-pressed', String(presets[i] === chosen));
    });
    setText(
      part(this.host, 'preset-note'),
      chosen?.note ?? 'Networks of your own choice. The link holds them.',
    );
  }
}
