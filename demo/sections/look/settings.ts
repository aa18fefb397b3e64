import { drawingField } from '../../parts/drawing';
import { choiceField, numberField } from '../../parts/fields';
import { watchedLayers } from './watcher';

export const batchSizes = [1, 2, 4, 8, 16, 32] as const;
/** Further training that a link asks for is done before anything is shown: not too much. */
const mostSteps = 1000;

/** What the link holds. */
export const settings = {
  /** Strokes; none: a test image. */
  drawing: drawingField,
  /** At first a 2 that is not quite clear: its company shows. */
  image: numberField({ initial: 7, min: 0, max: 499, integer: true }),
  mode: choiceField('eval', ['eval', 'train']),
  batch: choiceField(8, batchSizes),
  /** Which other images are in the batch. */
  company: numberField({ initial: 1, min: 1, max: 9999, integer: true }),
  layer: numberField({ initial: 1, min: 0, max: watchedLayers.length - 1, integer: true }),
  channel: numberField({ initial: 3, min: 0, max: 15, integer: true }),
  /** y · width + x. */
  pixel: numberField({ initial: 24, min: 0, max: 195, integer: true }),
  /** What the weights were before any training here. */
  start: choiceField('trained', ['trained', 'untrained']),
  seed: numberField({ initial: 1, min: 1, max: 9999, integer: true }),
  /** Steps of training here. */
  steps: numberField({ initial: 0, min: 0, max: mostSteps, integer: true }),
};
