import { choiceField, flagField, numberField } from '../../parts/fields';
import { baseRate, rateLimits, seedLimits } from '../../parts/training-settings';

/** What the link holds. */
export const settings = {
  lr: numberField({ initial: baseRate, ...rateLimits }),
  seed: numberField({ initial: 1, ...seedLimits, integer: true }),
  batch: choiceField(32, [16, 32, 64, 128]),
  paused: flagField(false),
};
