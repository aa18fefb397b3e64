// A device whose storage buffers start as NaN and end in guard words: a kernel that writes past a
// tensor's end is found out, and one that reads there, or what nobody wrote, gets NaN, where
// WebGPU's own bounds and zeros would hide it.
const GUARD_WORDS = 64;
const GUARD_BYTES = 4 * GUARD_WORDS;
/** NaN as an f32 and as two halves. */
const NAN_WORD = 0x7fc07fc0;
/**
 * Words of each buffer's own, since arithmetic hands the payload of a NaN on; every other one a large
 * number (2^20 and more as f32, 2^15 as its lower half), since a NaN that is updated in place stays what it was.
 */
function patternOf(id: number, word: number): number {
  const [high, low] = [id % 64, Math.floor(id / 64) % 1023];
  const [upper, lower] = word % 2 ? [0x7fc0, 0x7c01] : [0x4980, 0x7800];
  return (upper + high) * 0x10000 + lower + low;
}
let lastId = 0;

export interface GuardedDevice {
  readonly device: GPUDevice;
  /** What it says of its limit of workgroups a dimension; undefined tells the truth. */
  workgroupsPerDimension: number | undefined;
  /** Undefined, or the label of a buffer that was written past its end. */
  overrun(): Promise<string | undefined>;
}

/** `device` behind a proxy; `shader` may change the code of the modules that are made on it. */
export function guard(
  device: GPUDevice,
  shader: (code: string) => string = (code) => code,
): GuardedDevice {
  const sizes = new Map<GPUBuffer, number>();
  const ids = new Map<GPUBuffer, number>();

  const overrides: Partial<GPUDevice> = {
    createBuffer(descriptor) {
      if (!(descriptor.usage & GPUBufferUsage.STORAGE)) return device.createBuffer(descriptor);
      const { size } = descriptor;
      const buffer = device.createBuffer({ ...descriptor, size: size + GUARD_BYTES });
      const id = ++lastId;
      const words = Uint32Array.from({ length: size / 4 + GUARD_WORDS }, (_, i) =>
        i < size / 4 ? NAN_WORD : patternOf(id, i - size / 4),
      );
      device.queue.writeBuffer(buffer, 0, words);
      sizes.set(buffer, size);
      ids.set(buffer, id);
      const destroy = buffer.destroy.bind(buffer);
      buffer.destroy = () => {
        sizes.delete(buffer);
        return destroy();
      };
      return buffer;
    },
    createBindGroup(descriptor) {
      const entries = [...descriptor.entries].map((entry) => {
        const resource = entry.resource as GPUBufferBinding;
        const end = (resource.offset ?? 0) + (resource.size ?? 0);
        if (sizes.get(resource.buffer) !== end) return entry;
        const size = (resource.size ?? 0) + GUARD_BYTES;
        return { ...entry, resource: { ...resource, size } };
      });
      return device.createBindGroup({ ...descriptor, entries });
    },
    createShaderModule(descriptor) {
      return device.createShaderModule({ ...descriptor, code: shader(descriptor.code) });
    },
  };

  const limits = new Proxy(device.limits, {
    get(target, name) {
      const told = guarded.workgroupsPerDimension;
      if (name === 'maxComputeWorkgroupsPerDimension' && told) return told;
      return Reflect.get(target, name);
    },
  });
  const proxy = new Proxy(device, {
    get(target, name) {
      if (name === 'limits') return limits;
      if (name in overrides) return overrides[name as keyof GPUDevice];
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const guarded: GuardedDevice = {
    device: proxy,
    workgroupsPerDimension: undefined,
    overrun: () => findOverrun(device, sizes, ids),
  };
  return guarded;
}

async function findOverrun(
  device: GPUDevice,
  sizes: ReadonlyMap<GPUBuffer, number>,
  ids: ReadonlyMap<GPUBuffer, number>,
): Promise<string | undefined> {
  const guarded = [...sizes];
  if (!guarded.length) return undefined;
  const back = device.createBuffer({
    size: guarded.length * GUARD_BYTES,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  const encoder = device.createCommandEncoder();
  guarded.forEach(([buffer, size], i) => {
    encoder.copyBufferToBuffer(buffer, size, back, i * GUARD_BYTES, GUARD_BYTES);
  });
  device.queue.submit([encoder.finish()]);
  await back.mapAsync(GPUMapMode.READ);
  const words = new Uint32Array(back.getMappedRange());
  const wrong = words.findIndex((word, i) => {
    const [buffer] = guarded[Math.floor(i / GUARD_WORDS)];
    return word !== patternOf(ids.get(buffer) as number, i % GUARD_WORDS);
  });
  back.destroy();
  return wrong < 0 ? undefined : `"${guarded[Math.floor(wrong / GUARD_WORDS)][0].label}"`;
}
