import type { Announcer } from '../../parts/announcer';
import { digitMomentum } from '../../parts/digit-network';
import { part } from '../../parts/dom';
import type { ValuesOf } from '../../parts/fields';
import { Answers } from './answers';
import { Detail } from './detail';
import { MapOverview } from './maps';
import type { settings } from './settings';
import { SlowMotion } from './slow-motion';
import { StatisticsTables } from './tables';
import { channelOf, type Look, watchedLayers } from './watcher';

/** All maps are drawn on ±range, before batch norm and after. */
export const range = 4;

export interface LookActions {
  chooseChannel(layer: number, channel: number): void;
  choosePixel(pixel: number): void;
}

/** Shows a look: the answer, all maps, and one channel with its arithmetic. */
export class LookView {
  readonly #answers: Answers;
  readonly #overview: MapOverview;
  readonly #detail: Detail;
  readonly #tables: StatisticsTables;
  readonly #slow: SlowMotion;

  constructor(host: HTMLElement, announcer: Announcer, actions: LookActions) {
    this.#answers = new Answers(part(host, 'answers'));
    this.#overview = new MapOverview(part(host, 'overview'), actions.chooseChannel);
    this.#detail = new Detail(part(host, 'detail'), announcer, actions.choosePixel);
    this.#tables = new StatisticsTables(part(host, 'detail'));
    this.#slow = new SlowMotion(part(host, 'slow'), (message) => announcer.say(message));
  }

  select({ layer, channel }: Pick<ValuesOf<typeof settings>, 'layer' | 'channel'>): void {
    this.#overview.select(layer, channelIn(layer, channel));
  }

  /** `label`: what the digit is, where that is known. */
  show(look: Look, values: Readonly<ValuesOf<typeof settings>>, label: number | undefined): void {
    const { mode, batch } = values;
    const reading = look[mode];
    const layer = reading.layers[values.layer];
    const { before, after, gamma, beta } = layer;
    const { height, width } = before;
    const channelIndex = channelIn(values.layer, values.channel);
    const pixel = Math.min(height * width - 1, values.pixel);
    const title = `Convolution ${values.layer + 1}, channel ${channelIndex + 1}`;
    const channel = channelOf(layer, channelIndex);
    this.#answers.show(look, mode, label);
    this.#overview.show(reading, range);
    this.#detail.show({ title, channelIndex, pixel, before, after, channel, range });
    const [own, running] = [look.train, look.eval].map(
      (each) => each.layers[values.layer].statistics,
    );
    this.#tables.show({
      title,
      selected: channelIndex,
      mode,
      batch: own,
      running,
      gamma,
      beta,
      over: `${batch} × ${height} × ${width} values`,
    });
    this.#slow.show({
      before,
      channelIndex,
      channel,
      mode,
      values: batch * height * width,
      running: { mean: running.mean[channelIndex], variance: running.variance[channelIndex] },
      momentum: digitMomentum,
      range,
    });
  }
}

/** The first layer has fewer channels than the others. */
function channelIn(layer: number, channel: number): number {
  return Math.min(watchedLayers[layer].shape.channels - 1, channel);
}
