import type { AdapterTraits } from '../../src/ir/op';
import type { PlanLimits } from '../../src/plan/types';

/** The limits that every WebGPU device has. */
export const planLimits: PlanLimits = {
  maxBufferSize: 256 * 2 ** 20,
  maxStorageBufferBindingSize: 128 * 2 ** 20,
  maxStorageBuffersPerShaderStage: 8,
  maxComputeWorkgroupsPerDimension: 65535,
  minStorageBufferOffsetAlignment: 256,
  minUniformBufferOffsetAlignment: 256,
};

export const planTraits: AdapterTraits = {
  f16: false,
  subgroups: false,
  software: false,
  maxWorkgroupsPerDimension: 65535,
  maxInvocationsPerWorkgroup: 256,
  maxWorkgroupStorageBytes: 16384,
};
