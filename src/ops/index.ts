import { OpRegistry } from '../ir/op';
import { activationOps } from './activations';
import { binaryOps } from './binary';

/** Every op there is. A new op family adds its line here. */
export const ops = new OpRegistry([...activationOps, ...binaryOps]);
