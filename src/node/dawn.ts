// A GPU in Node: the `webgpu` package (Dawn), with a Vulkan driver found for it.
import { DeviceError } from '../core/errors';
import { restWhileWaiting } from './rest';
import { findDriver, findSoftwareDriver, hasLoader } from './vulkan.js';

export interface NodeGpuOptions {
  /** Dawn toggles and switches, e.g. `['backend=null']` for a device that checks but computes nothing. */
  readonly dawn?: readonly string[];
}

interface DawnModule {
  create(options: string[]): GPU;
  globals: Record<string, unknown>;
}

// Dawn aborts the process when the object from create() is collected, so it stays on globalThis.
const holder = globalThis as { __dawn?: Map<string, GPU> };

async function loadDawn(): Promise<DawnModule> {
  try {
    return (await import('webgpu')) as unknown as DawnModule;
  } catch (cause) {
    const complaint = {
      where: 'WebGPU in Node',
      rule: 'the package `webgpu` must be installed',
      remedy: 'Run: npm install webgpu',
    };
    throw new DeviceError(complaint, { cause });
  }
}

/** Names the driver in the environment, which the Vulkan loader reads when Dawn starts it. */
function useDriver(driver: ReturnType<typeof findDriver>): void {
  if (driver.icd) process.env.VK_ICD_FILENAMES = driver.icd;
  process.env.XDG_RUNTIME_DIR ??= '/tmp';
}

function missing(): DeviceError {
  const where = 'WebGPU in Node';
  return hasLoader()
    ? new DeviceError({
        where,
        rule: 'there must be a Vulkan driver',
        found: 'none',
        remedy: 'Install a GPU driver, or Chromium, whose SwiftShader serves.',
      })
    : new DeviceError({
        where,
        rule: 'there must be a Vulkan loader',
        found: 'none',
        remedy: 'Install it (Debian and Ubuntu: apt-get install libvulkan1).',
      });
}

/**
 * The WebGPU entry point in Node, as `navigator.gpu` is in a page: a real GPU where there is one,
 * else SwiftShader. Also puts the flag constants (`GPUBufferUsage`…) on globalThis. While something is
 * awaited of the GPU, the event loop, which Dawn would keep spinning, rests for up to 0.5 ms a turn: other
 * work of the process waits as much longer. Throws a {@link DeviceError} that says what is missing.
 */
export async function requestNodeGPU(options: NodeGpuOptions = {}): Promise<GPU> {
  const flags = [...(options.dawn ?? [])];
  const key = flags.join(' ');
  const known = holder.__dawn?.get(key);
  if (known) return known;

  const { create, globals } = await loadDawn();
  if (!holder.__dawn) {
    holder.__dawn = new Map();
    restWhileWaiting(globals);
  }
  for (const [name, value] of Object.entries(globals)) {
    if (!(name in globalThis)) {
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    }
  }
  const keep = (gpu: GPU): GPU => {
    holder.__dawn?.set(key, gpu);
    return gpu;
  };
  if (flags.includes('backend=null')) return keep(create(flags));

  const driver = findDriver();
  useDriver(driver);
  const gpu = create(flags);
  if (await gpu.requestAdapter()) return keep(gpu);

  // A GPU whose driver Dawn refuses: the software one still serves.
  const software = driver.kind === 'system' ? findSoftwareDriver() : undefined;
  if (software?.icd) {
    keepAlive.push(gpu);
    useDriver(software);
    const second = create(flags);
    if (await second.requestAdapter()) return keep(second);
  }
  keepAlive.push(gpu);
  throw missing();
}

/** Instances without an adapter: collecting one aborts the process too. */
const keepAlive: GPU[] = [];

/** An adapter in Node; throws a {@link DeviceError} where there is none. */
export async function requestNodeAdapter(
  options: GPURequestAdapterOptions & NodeGpuOptions = {},
): Promise<GPUAdapter> {
  const { dawn, ...request } = options;
  const gpu = await requestNodeGPU(dawn ? { dawn } : {});
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance', ...request });
  if (!adapter) throw missing();
  return adapter;
}
