import { part, setText } from './dom';
import markup from './transport.html?raw';

export interface TransportActions {
  toggle(): void;
  step(): void;
  /** Back to the start, with the same seed. */
  reset(): void;
  newSeed(): void;
}

/** The buttons play, step, reset and new seed, and their keys. */
export class Transport {
  readonly keys: Readonly<Record<string, () => void>>;
  readonly #host: HTMLElement;

  constructor(host: HTMLElement, actions: TransportActions) {
    this.#host = host;
    host.classList.add('transport');
    host.innerHTML = markup;
    const { toggle, step, reset, newSeed } = actions;
    const click = (name: string, action: () => void) =>
      part(host, name).addEventListener('click', action);
    click('play', toggle);
    click('step', step);
    click('reset', reset);
    click('new-seed', newSeed);
    this.keys = { ' ': toggle, '.': step, r: reset, n: newSeed };
  }

  showPlaying(playing: boolean): void {
    const button = part(this.#host, 'play');
    button.toggleAttribute('data-playing', playing);
    setText(part(button, 'play-label'), playing ? 'Pause' : 'Play');
  }

  setEnabled(enabled: boolean): void {
    for (const button of this.#host.querySelectorAll('button')) button.disabled = !enabled;
  }
}
