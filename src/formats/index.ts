export { type IdxArray, type IdxOptions, parseIdx, readIdx } from './idx';
export {
  readSafetensors,
  type Safetensor,
  type Safetensors,
  type SafetensorsDType,
  writeSafetensors,
} from './safetensors';
export { readState, writeState } from './state';
