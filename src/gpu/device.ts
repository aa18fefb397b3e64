import { DeviceError, DeviceLostError } from '../core/errors';
import type { AdapterTraits } from '../ir/op';
import type { PlanLimits } from '../plan/types';

export interface DeviceOptions {
  /** Where to look for adapters; default `navigator.gpu`. */
  readonly gpu?: GPU;
  readonly powerPreference?: GPUPowerPreference;
}

/** Features that kernels use where they are there. */
const WANTED_FEATURES: readonly GPUFeatureName[] = ['shader-f16', 'subgroups', 'timestamp-query'];
const WANTED_LIMITS = ['maxBufferSize', 'maxStorageBufferBindingSize'] as const;

/** A device of our own, with the features and the buffer sizes that the adapter has. */
export async function requestDevice(options: DeviceOptions = {}): Promise<GPUDevice> {
  const gpu = options.gpu ?? globalThis.navigator?.gpu;
  const where = 'WebGPU';
  if (!gpu) {
    throw new DeviceError({
      where,
      rule: 'the environment must have WebGPU',
      found: 'no navigator.gpu',
      remedy:
        'Use a current browser on https or localhost; in Node, requestNodeGPU() of "webgpu-batchnorm/node"; ' +
        'or the CPU backend.',
    });
  }
  const adapter = await gpu.requestAdapter({ powerPreference: options.powerPreference });
  if (!adapter) {
    throw new DeviceError({
      where,
      rule: 'the environment must offer an adapter',
      found: 'none',
      remedy: 'Turn on hardware acceleration, update the graphics driver, or use the CPU backend.',
    });
  }
  return adapter.requestDevice({
    label: 'webgpu-batchnorm',
    requiredFeatures: WANTED_FEATURES.filter((feature) => adapter.features.has(feature)),
    requiredLimits: Object.fromEntries(WANTED_LIMITS.map((name) => [name, adapter.limits[name]])),
  });
}

/** What kernels may know of `device`. */
export function traitsOf(device: GPUDevice): AdapterTraits {
  const { limits, features, adapterInfo } = device;
  return {
    f16: features.has('shader-f16'),
    subgroups: features.has('subgroups' as GPUFeatureName),
    software: adapterInfo?.isFallbackAdapter === true,
    maxWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
    maxInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    maxWorkgroupStorageBytes: limits.maxComputeWorkgroupStorageSize,
  };
}

export function planLimitsOf({ limits }: GPUDevice): PlanLimits {
  return {
    maxBufferSize: limits.maxBufferSize,
    maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
    maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
    maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
    minStorageBufferOffsetAlignment: limits.minStorageBufferOffsetAlignment,
    minUniformBufferOffsetAlignment: limits.minUniformBufferOffsetAlignment,
  };
}

/** One line about the adapter behind `device`, e.g. `google swiftshader (software)`. */
export function describeAdapter(device: GPUDevice): string {
  const { vendor, architecture, description } = device.adapterInfo;
  const name = description || [vendor, architecture].filter(Boolean).join(' ') || 'unknown adapter';
  return traitsOf(device).software ? `${name} (software)` : name;
}

/** How long after a failed call a loss that caused it may take to be known. */
const LOSS_SETTLES_MS = 100;

/** Remembers whether a device was lost, since a lost device raises no errors. */
export class DeviceWatch {
  static readonly #watches = new WeakMap<GPUDevice, DeviceWatch>();
  #lost?: GPUDeviceLostInfo;
  /** What to reject when the device is lost; one listener on `device.lost` serves them all. */
  readonly #pending = new Set<(info: GPUDeviceLostInfo) => void>();

  static of(device: GPUDevice): DeviceWatch {
    let watch = DeviceWatch.#watches.get(device);
    if (!watch) {
      watch = new DeviceWatch(device);
      DeviceWatch.#watches.set(device, watch);
    }
    return watch;
  }

  private constructor(device: GPUDevice) {
    device.lost.then((info) => {
      this.#lost = info;
      for (const reject of this.#pending) reject(info);
      this.#pending.clear();
    });
  }

  /** Throws a {@link DeviceLostError} if the device is known to be lost. */
  check(where: string): void {
    if (this.#lost) throw lostError(where, this.#lost);
  }

  /** `work`, or a {@link DeviceLostError} as soon as the device is lost. */
  async guard<T>(where: string, work: Promise<T>): Promise<T> {
    let abandon: (info: GPUDeviceLostInfo) => void = () => {};
    const lost = new Promise<never>((_, reject) => {
      abandon = (info) => reject(lostError(where, info));
    });
    this.#pending.add(abandon);
    try {
      this.check(where);
      return await Promise.race([work, lost]);
    } catch (error) {
      // A loss makes maps and pipelines fail too, and sometimes they say so before `lost` does.
      if (!this.#lost) await Promise.race([lost, pause(LOSS_SETTLES_MS)]).catch(() => {});
      this.check(where);
      throw error;
    } finally {
      this.#pending.delete(abandon);
      work.catch(() => {});
    }
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function lostError(where: string, info: GPUDeviceLostInfo): DeviceLostError {
  return new DeviceLostError({
    where,
    rule: 'the device must be alive',
    found: `it was lost (${info.reason ?? 'unknown'}): ${info.message.replace(/\.$/, '')}`,
    remedy: 'Request a new device and compile again.',
  });
}
