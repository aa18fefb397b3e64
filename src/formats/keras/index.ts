export type { InputShapes } from './applicable';
export { type KerasFileOptions, readKeras } from './archive';
export {
  type KerasOptions,
  type LoadedModel,
  readLayersModel,
  type ShardLoader,
} from './layers-model';
export { type LayersModelFiles, writeLayersModel } from './write';
