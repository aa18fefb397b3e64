import { choiceField, flagField, numberField } from '../../parts/fields';
import { seedLimits } from '../../parts/training-settings';
import { scalings } from './network';

export const rates = [0.001, 0.003, 0.01, 0.03] as const;

/** What the link holds. */
export const settings = {
  rate: choiceField(0.01, rates),
  seed: numberField({ initial: 1, ...seedLimits, integer: true }),
  paused: flagField(false),
  /** The network whose predictions are shown. */
  scaling: choiceField('raw', scalings),
  norm: flagField(true),
  /** Whether motorbikes have joined the data. */
  bikes: flagField(false),
  /** What statistics are re-estimated from. */
  from: choiceField('both', ['both', 'bikes']),
};
