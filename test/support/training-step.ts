import type { Model } from '../../src/index';
import type { Graph } from '../../src/ir/graph';
import { fuse } from '../../src/passes/fuse';
import { trainingGraph } from '../../src/train/graph';
import { meanSquaredError } from '../../src/train/losses';
import { sgd } from '../../src/train/optimizers';

/** A training step of a model with two outputs, as it is when the passes for training steps begin. */
export const trainingStep = (of: Model, batch = 4): Graph =>
  fuse(
    trainingGraph(of, {
      batch,
      loss: meanSquaredError(),
      target: { dtype: 'f32', shape: [2] },
      optimizer: sgd(),
      metrics: [],
      storage: 'f32',
    }),
  );
