import { part } from '../../parts/dom';
import { type Angles, type Preset, presetOf } from './camera';
import { watchedLayers } from './layers';

export interface ControlActions {
  /** Number of the layer, from 1. */
  layer(layer: number): void;
  preset(name: Preset): void;
  perspective(on: boolean): void;
  row(row: number): void;
}

/** Which layer is shown, from where, and at which step. */
export class Controls {
  constructor(
    private readonly host: HTMLElement,
    actions: ControlActions,
  ) {
    for (const button of this.#presets()) {
      button.addEventListener('click', () => actions.preset(button.dataset.preset as Preset));
    }
    const layers = part(host, 'layers');
    layers.append(...watchedLayers.map(({ name }, i) => layerChoice(name, i + 1)));
    layers.addEventListener('change', ({ target }) =>
      actions.layer(Number((target as HTMLInputElement).value)),
    );
    const perspective = part<HTMLInputElement>(host, 'perspective');
    perspective.addEventListener('change', () => actions.perspective(perspective.checked));
    const row = part<HTMLInputElement>(host, 'row');
    row.addEventListener('input', () => actions.row(Number(row.value)));
  }

  show(layer: number, angles: Angles, perspective: boolean): void {
    const { host } = this;
    part<HTMLInputElement>(host, 'perspective').checked = perspective;
    for (const radio of host.querySelectorAll<HTMLInputElement>('[name="inside-layer"]')) {
      radio.checked = Number(radio.value) === layer;
    }
    const preset = presetOf(angles);
    for (const button of this.#presets()) {
      button.setAttribute('aria-pressed', String(button.dataset.preset === preset));
    }
  }

  #presets(): NodeListOf<HTMLButtonElement> {
    return this.host.querySelectorAll<HTMLButtonElement>('[data-preset]');
  }
}

function layerChoice(name: string, value: number): HTMLElement {
  const label = document.createElement('label');
  const radio = document.createElement('input');
  radio.type = 'radio';
  radio.name = 'inside-layer';
  radio.value = String(value);
  label.append(radio, name);
  return label;
}
