/** What there is on a device now. */
export interface Reading {
  /** Buffers made and not destroyed, and their bytes. */
  readonly buffers: number;
  readonly bytes: number;
  /** Compute pipelines compiled so far: WebGPU has no way to destroy one. */
  readonly pipelines: number;
  /** Bytes mapped for reading: what came back from the GPU. */
  readonly readBack: number;
}

/** Counts what anybody makes on a device, by standing in front of its methods. */
export class Meter {
  #buffers = 0;
  #bytes = 0;
  #pipelines = 0;
  #readBack = 0;

  constructor(device: GPUDevice) {
    const createBuffer = device.createBuffer.bind(device);
    device.createBuffer = (descriptor) => {
      const buffer = createBuffer(descriptor);
      this.#watch(buffer);
      return buffer;
    };
    const create = device.createComputePipeline.bind(device);
    device.createComputePipeline = (descriptor) => {
      this.#pipelines++;
      return create(descriptor);
    };
    const createAsync = device.createComputePipelineAsync.bind(device);
    device.createComputePipelineAsync = (descriptor) => {
      this.#pipelines++;
      return createAsync(descriptor);
    };
  }

  read(): Reading {
    return {
      buffers: this.#buffers,
      bytes: this.#bytes,
      pipelines: this.#pipelines,
      readBack: this.#readBack,
    };
  }

  #watch(buffer: GPUBuffer): void {
    this.#buffers++;
    this.#bytes += buffer.size;
    const destroy = buffer.destroy.bind(buffer);
    let alive = true;
    buffer.destroy = () => {
      if (alive) {
        this.#buffers--;
        this.#bytes -= buffer.size;
      }
      alive = false;
      destroy();
    };
    const map = buffer.mapAsync.bind(buffer);
    buffer.mapAsync = (mode, offset = 0, size = buffer.size - offset) => {
      if (mode === GPUMapMode.READ) this.#readBack += size;
      return map(mode, offset, size);
    };
  }
}
