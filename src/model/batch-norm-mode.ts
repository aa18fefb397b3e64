import { oneOf } from '../core/check';
import { ArgumentError } from '../core/errors';
import { type BatchNormLayer, isBatchNorm } from './layers/batch-norm';
import { Model } from './model';

/** Presets over the three switches of batch norms, for training graphs built afterwards. */
export type BatchNormMode = 'train' | 'eval' | 'frozen' | 'recalibrate';

type Switches = Pick<BatchNormLayer, 'statistics' | 'updateRunning' | 'trainable'>;

const MODES: Readonly<Record<BatchNormMode, Switches>> = {
  /** Batch statistics, running ones updated, γ and β learn; follows a later `trainable = false`. */
  train: { statistics: undefined, updateRunning: undefined, trainable: true },
  /** Running statistics, left as they are; γ and β learn. */
  eval: { statistics: 'running', updateRunning: false, trainable: true },
  /** Running statistics, left as they are; γ and β fixed. */
  frozen: { statistics: 'running', updateRunning: false, trainable: false },
  /** Batch statistics, running ones updated by the layer's momentum; γ and β fixed. */
  recalibrate: { statistics: 'batch', updateRunning: true, trainable: false },
};

/**
 * Sets the switches of the model's batch norms, or of those that `filter` accepts; gives their names.
 * | mode | normalises with | updates running | γ and β learn |
 * |---|---|---|---|
 * | `train` | batch | yes | yes |
 * | `eval` | running | no | yes |
 * | `frozen` | running | no | no |
 * | `recalibrate` | batch | yes | no |
 */
export function setBatchNormMode(
  model: Model,
  mode: BatchNormMode,
  filter: (name: string, layer: BatchNormLayer) => boolean = () => true,
): string[] {
  const names = Object.keys(MODES) as BatchNormMode[];
  const switches = MODES[oneOf(mode, names, 'setBatchNormMode', 'mode')];
  if (!(model instanceof Model)) {
    const remedy = 'Of a network it is `net.model`.';
    const rule = 'its first argument is a model';
    throw new ArgumentError({ where: 'setBatchNormMode', rule, found: typeof model, remedy });
  }
  return model.places.flatMap(({ name, layer }) => {
    if (!isBatchNorm(layer) || !filter(name, layer)) return [];
    Object.assign(layer, switches);
    return [name];
  });
}
