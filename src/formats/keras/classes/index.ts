import { activationClasses } from './activations';
import type { KerasClass } from './common';
import { kernelClasses } from './conv';
import { normClasses } from './norm';
import { otherClasses } from './other';
import { poolClasses } from './pool';
import { shapeClasses } from './shape';

/** The classes of layers that a file may name. Nothing else from a file chooses what is run. */
export const CLASSES: ReadonlyMap<string, KerasClass> = new Map(
  Object.entries({
    ...activationClasses,
    ...kernelClasses,
    ...normClasses,
    ...otherClasses,
    ...poolClasses,
    ...shapeClasses,
  }).sort(([a], [b]) => (a < b ? -1 : 1)),
);
