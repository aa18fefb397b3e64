export { type IdxArray, type IdxOptions, parseIdx, readIdx } from './idx';
export {
  readSafetensors,
  type Safetensor,
  type Safetensors,
  type SafetensorsDType,
  writeSafetensors,
} from './safetensors';
export { readState, writeState } from './state';
export type { ModuleNames } from './torch/names';
export {
  type ReadTorchOptions,
  readTorchState,
  type TorchStateOptions,
  type WriteTorchOptions,
  writeTorchState,
} from './torch/state';
