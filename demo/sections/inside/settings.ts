import { choiceField, flagField, numberField } from '../../parts/fields';
import { baseRate, rateLimits, seedLimits } from '../../parts/training-settings';
import { presets, zoomLimits } from './camera';
import { watchedLayers } from './layers';

const angle = (initial: number, min: number, max: number) =>
  numberField({ initial, min, max, integer: true });

/** What the link holds. */
export const settings = {
  lr: numberField({ initial: baseRate, ...rateLimits }),
  seed: numberField({ initial: 1, ...seedLimits, integer: true }),
  layer: choiceField(
    2,
    watchedLayers.map((_, i) => i + 1),
  ),
  azimuth: angle(presets.oblique.azimuth, -180, 180),
  elevation: angle(presets.oblique.elevation, 0, 90),
  zoom: numberField({ initial: 1, ...zoomLimits }),
  perspective: flagField(false),
  paused: flagField(false),
};
