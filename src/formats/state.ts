import { DTypeError } from '../core/errors';
import { ModelState } from '../model/state';
import {
  readSafetensors,
  type Safetensor,
  type SafetensorsDType,
  writeSafetensors,
} from './safetensors';

/**
 * A network's numbers as a safetensors file: `writeState(await net.getState())`. `metadata` is text by
 * name, such as the model: `new Map([['model', JSON.stringify(net.model.toConfig())]])`.
 */
export function writeState(
  state: ModelState,
  metadata?: ReadonlyMap<string, string>,
): Uint8Array<ArrayBuffer> {
  const tensors = [...state].map(([name, { type, values }]): [string, Safetensor] => [
    name,
    { dtype: type.dtype === 'i32' ? 'I32' : 'F32', shape: type.shape, data: values },
  ]);
  return writeSafetensors(new Map(tensors), metadata);
}

const FLOATS: readonly SafetensorsDType[] = ['F64', 'F32', 'F16', 'BF16'];

/**
 * The numbers of a safetensors file as a state, for `compile(model, { state })` or `net.setState`;
 * floats of any width become f32. `name` is what errors call the file. Throws a {@link FormatError} for
 * a file that breaks the format, a {@link DTypeError} for tensors that are neither floats nor I32.
 */
export function readState(bytes: Uint8Array, name = 'safetensors file'): ModelState {
  const tensors = [...readSafetensors(bytes, name).tensors];
  return new ModelState(
    tensors.map(([tensor, { dtype, shape, data }]) => {
      if (dtype === 'I32') {
        return [tensor, { type: { dtype: 'i32', shape }, values: Int32Array.from(data) }];
      }
      if (FLOATS.includes(dtype)) {
        return [tensor, { type: { dtype: 'f32', shape }, values: Float32Array.from(data) }];
      }
      const where = `${name}, tensor "${tensor}"`;
      throw new DTypeError({ where, rule: 'a state has floats and I32', found: dtype });
    }),
  );
}
