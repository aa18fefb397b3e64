import { OpRegistry } from '../ir/op';
import { activationOps } from './activations';
import { binaryOps } from './binary';
import { concatOp, sliceOp } from './concat';
import { convOps } from './conv';
import { matmulOps } from './matmul';
import { optimizerOps } from './optimizers';
import { padGradOp, padOp } from './pad';
import { reshapeOp } from './reshape';
import { transposeOp } from './transpose';

/** Every op there is. A new op family adds its line here. */
export const ops = new OpRegistry([
  ...activationOps,
  ...binaryOps,
  ...convOps,
  ...matmulOps,
  reshapeOp,
  concatOp,
  sliceOp,
  transposeOp,
  padOp,
  padGradOp,
  ...optimizerOps,
]);
