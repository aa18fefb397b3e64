// A device that knows which of the buffers made on it have not been destroyed, and how many
// pipelines were compiled.
export interface CountingDevice {
  readonly device: GPUDevice;
  /** Labels of the buffers that are alive. */
  alive(): string[];
  readonly counts: { pipelines: number; modules: number; submits: number };
}

export function counting(device: GPUDevice): CountingDevice {
  const buffers = new Set<GPUBuffer>();
  const counts = { pipelines: 0, modules: 0, submits: 0 };
  const queue = new Proxy(device.queue, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (name === 'submit') counts.submits++;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const overrides: Partial<GPUDevice> = {
    queue,
    createBuffer(descriptor) {
      const buffer = device.createBuffer(descriptor);
      const destroy = buffer.destroy.bind(buffer);
      buffers.add(buffer);
      buffer.destroy = () => {
        buffers.delete(buffer);
        return destroy();
      };
      return buffer;
    },
    createComputePipelineAsync(descriptor) {
      counts.pipelines++;
      return device.createComputePipelineAsync(descriptor);
    },
    createShaderModule(descriptor) {
      counts.modules++;
      return device.createShaderModule(descriptor);
    },
  };
  const proxy = new Proxy(device, {
    get(target, name) {
      if (name in overrides) return overrides[name as keyof GPUDevice];
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { device: proxy, counts, alive: () => [...buffers].map(({ label }) => label).sort() };
}
