// A device that checks everything and computes nothing (Dawn's null backend): enough to compile
// shaders and pipelines, on any machine, in milliseconds.
import { requestNodeAdapter } from '../../src/node/dawn';

/** It has the optional features that real adapters lack, so that every variant compiles. */
export async function requestNullDevice(descriptor: GPUDeviceDescriptor = {}): Promise<GPUDevice> {
  const adapter = await requestNodeAdapter({ dawn: ['backend=null'] });
  const wanted: GPUFeatureName[] = ['timestamp-query', 'shader-f16', 'subgroups'];
  return adapter.requestDevice({
    requiredFeatures: wanted.filter((feature) => adapter.features.has(feature)),
    ...descriptor,
  });
}
