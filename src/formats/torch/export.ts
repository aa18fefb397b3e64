import type { Model } from '../../model/model';
import type { ModelState } from '../../model/state';
import { torchModule } from './module';
import { writeTorchState } from './state';
import train from './train.py?raw';

export interface ExportTorchOptions {
  /** How floats are stored in the weights; default `F32`. */
  readonly dtype?: 'F32' | 'F16' | 'BF16';
}

/** The files of a PyTorch project, by name. */
export interface TorchExport {
  /** A readable module, the class `Network`. */
  readonly 'model.py': string;
  /** Trains it, also under `torchrun` on many processes. `python3 train.py --help` tells how. */
  readonly 'train.py': string;
  /** Its weights. */
  readonly 'weights.safetensors': Uint8Array<ArrayBuffer>;
}

/**
 * A model and its numbers as a PyTorch project: the module gives the same outputs in evaluation mode
 * and learns by the same rules; images are channels-first there. What was trained comes back with
 * `readTorchState(bytes, model)`. Throws a typed error that names the layer for what PyTorch has no
 * expression for.
 */
export function exportTorch(
  model: Model,
  state: ModelState,
  { dtype = 'F32' }: ExportTorchOptions = {},
): TorchExport {
  const { code, modules } = torchModule(model);
  return {
    'model.py': code,
    'train.py': train,
    'weights.safetensors': writeTorchState(model, state, { dtype, modules }),
  };
}
