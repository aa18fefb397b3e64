import { FormatError } from '../../core/errors';
import type { Model } from '../../model/model';
import { type Imported, importOnnx, type OnnxOptions } from './import';

export { type WriteOnnxOptions, writeOnnx } from './export/write';
export type { ExternalData } from './external';
export type { Imported, OnnxOptions } from './import';
export { inspectOnnx, type OnnxPort, type OnnxSummary } from './inspect';
export {
  type OnnxData,
  type OnnxDType,
  type OnnxTensor,
  readTensor,
  writeTensor,
} from './tensor';

/** A model that came in, and its numbers. */
export interface OnnxModel extends Imported {
  readonly model: Model;
}

/**
 * Reads an ONNX file: a model of layers like any other, and its numbers, for
 * `compile(model, { state })`. Tensors are channels-last inside; inputs and outputs keep ONNX's order
 * unless `layout` says otherwise. Opsets 6 to 26; the operators are those of docs/onnx.md. Throws a
 * {@link FormatError} with file, node and rule for a file that is malformed or not supported; its
 * `complaints` are all that is wrong with initializers, inputs and nodes, but for nodes that read what
 * others at fault would have made.
 */
export function readOnnx(bytes: Uint8Array, options: OnnxOptions = {}): OnnxModel {
  const imported = importOnnx(bytes, options);
  const { model } = imported;
  if (model) return { ...imported, model };
  throw new FormatError({
    where: options.name ?? 'ONNX model',
    rule: 'an output depends on what a run computes',
    found: 'constants only',
  });
}
