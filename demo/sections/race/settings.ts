import { choiceField, flagField, numberField, type ValuesOf } from '../../parts/fields';
import { rateLimits, seedLimits } from '../../parts/training-settings';
import { netNames } from './networks';
import { type Preset, presets } from './presets';
import { batches, formatVariants, variantsField } from './variants';

const [first] = presets;

/** What the link holds. */
export const settings = {
  lr: numberField({ initial: first.lr, ...rateLimits }),
  seed: numberField({ initial: 1, ...seedLimits, integer: true }),
  net: choiceField(first.net, netNames),
  lanes: variantsField(first.lanes),
  batch: choiceField(first.batch, batches),
  paused: flagField(false),
};

export type RaceSettings = Readonly<ValuesOf<typeof settings>>;

/** The experiment that these settings are of, at whatever rate and seed. */
export function presetOf({ net, lanes, batch }: RaceSettings): Preset | undefined {
  const text = formatVariants(lanes);
  return presets.find(
    (preset) => preset.net === net && preset.lanes === text && preset.batch === batch,
  );
}
