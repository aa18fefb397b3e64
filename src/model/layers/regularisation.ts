import { dropoutOp } from '../../ops/dropout';
import { createLayer, type LayerOptions } from '../create-layer';
import type { Layer, LayerKind } from '../layer';
import { type Check, index, number, optional, required, wrong } from '../options';
import { streamOf } from '../state';

const none = {};

export const identityKind: LayerKind<typeof none> = {
  type: 'identity',
  options: none,
  build: ({ inputs: [x] }) => x,
};

/** Its input, unchanged: a place with a name. */
export function identity(options: LayerOptions = {}): Layer {
  return createLayer(identityKind, options);
}

const rate: Check<number> = (value, where, name) => {
  const checked = number(value, where, name);
  if (checked >= 0 && checked < 1) return checked;
  throw wrong(value, where, `${name} must be in [0, 1)`);
};

const schema = { rate: required(rate), seed: optional(index, undefined) };

export const dropoutKind: LayerKind<typeof schema> = {
  type: 'dropout',
  options: schema,
  build({ g, config, inputs: [x], dropout, name, repeat, step }) {
    if (!dropout || config.rate === 0) return x;
    // Every place has its own masks: by its name, and how often the layer came before.
    const seed = ((config.seed ?? streamOf(name)) + repeat) & 0x7fffffff;
    return g.op(dropoutOp, [x, step()], { rate: config.rate, seed });
  },
};

/**
 * In training, zeros a share `rate` of the numbers and scales the others by 1/(1 − rate). The mask is
 * a function of the seed (default: of the layer's name), the step and the position: replayable.
 */
export function dropout(
  rate: number,
  options: LayerOptions & { readonly seed?: number } = {},
): Layer {
  return createLayer(dropoutKind, options, { rate });
}
