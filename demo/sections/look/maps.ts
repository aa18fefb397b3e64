import { formatNumber } from '../../parts/format';
import { paintMap } from './colors';
import { type LayerReading, type Reading, watchedLayers } from './watcher';

interface ChannelButton {
  readonly button: HTMLButtonElement;
  readonly before: HTMLCanvasElement;
  readonly after: HTMLCanvasElement;
}

/** Every channel of every layer, before its batch norm and after; one of them is chosen. */
export class MapOverview {
  readonly #layers: ChannelButton[][];

  constructor(
    host: HTMLElement,
    private readonly choose: (layer: number, channel: number) => void,
  ) {
    this.#layers = watchedLayers.map(({ shape: { height, width, channels } }, layer) => {
      const group = document.createElement('div');
      group.className = 'layer-maps';
      group.dataset.part = `layer-${layer}`;
      group.innerHTML = `<h4 id="look-layer-${layer}">Convolution ${layer + 1} <small>${channels} channels of ${height} × ${width}</small></h4>
        <div class="channels" role="radiogroup" aria-labelledby="look-layer-${layer}"></div>`;
      const buttons = Array.from({ length: channels }, (_, channel) =>
        this.#makeButton(layer, channel),
      );
      group.querySelector('.channels')?.append(...buttons.map(({ button }) => button));
      host.append(group);
      return buttons;
    });
    host.addEventListener('keydown', (event) => this.#onKey(event));
  }

  #makeButton(layer: number, channel: number): ChannelButton {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'channel';
    button.setAttribute('role', 'radio');
    button.dataset.layer = String(layer);
    button.dataset.channel = String(channel);
    const [before, after] = [0, 1].map(() => document.createElement('canvas'));
    button.append(before, after);
    button.addEventListener('click', () => this.choose(layer, channel));
    return { button, before, after };
  }

  /** Draws all maps on one scale, ±range. */
  show(reading: Reading, range: number): void {
    reading.layers.forEach((layer, l) => {
      this.#layers[l].forEach(({ button, before, after }, channel) => {
        paintMap(before, layer.before, channel, range);
        paintMap(after, layer.after, channel, range);
        button.setAttribute('aria-label', describe(layer, channel));
      });
    });
  }

  select(layer: number, channel: number): void {
    this.#layers.forEach((buttons, l) => {
      buttons.forEach(({ button }, c) => {
        const selected = l === layer && c === channel;
        button.setAttribute('aria-checked', String(selected));
        // One stop a layer for the tab key.
        button.tabIndex = selected || (l !== layer && c === 0) ? 0 : -1;
      });
    });
  }

  #onKey(event: KeyboardEvent): void {
    const { target } = event;
    if (!(target instanceof HTMLButtonElement) || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const [layer, channel] = [Number(target.dataset.layer), Number(target.dataset.channel)];
    const { channels } = watchedLayers[layer].shape;
    const targets: Record<string, number> = {
      ArrowLeft: (channel + channels - 1) % channels,
      ArrowRight: (channel + 1) % channels,
      Home: 0,
      End: channels - 1,
    };
    if (!(event.key in targets)) return;
    event.preventDefault();
    this.choose(layer, targets[event.key]);
    this.#layers[layer][targets[event.key]].button.focus();
  }
}

function describe({ before, after }: LayerReading, channel: number): string {
  const span = ({ values, channels }: typeof before) => {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = channel; i < values.length; i += channels) {
      low = Math.min(low, values[i]);
      high = Math.max(high, values[i]);
    }
    return `${formatNumber(low)} to ${formatNumber(high)}`;
  };
  return `Channel ${channel + 1}: ${span(before)} before batch norm, ${span(after)} after`;
}
