import { choiceField, flagField } from '../../parts/fields';
import { channelOrders, fittings, normalisations } from './preprocess';

export const exampleNames = ['digits', 'residual', 'mobile', 'torch'] as const;
export type ExampleName = (typeof exampleNames)[number];
export const sourceNames = ['digit', 'draw', 'picture', 'camera', 'random'] as const;
export type SourceName = (typeof sourceNames)[number];

/** What the link holds. A model from a file stays on the visitor's machine, so no link has it. */
export const settings = {
  example: choiceField<'' | ExampleName>('', ['', ...exampleNames]),
  source: choiceField<SourceName>('digit', sourceNames),
  norm: choiceField('unit', normalisations),
  order: choiceField('rgb', channelOrders),
  fit: choiceField('crop', fittings),
  invert: flagField(false),
};
export type ModelSettings = typeof settings;
