export { type NodeGpuOptions, requestNodeAdapter, requestNodeGPU } from './dawn';
