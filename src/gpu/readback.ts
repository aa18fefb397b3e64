import { DeviceWatch } from './device';

/** Where the bytes of a pending read lie in its staging buffer. */
export interface Staged {
  readonly staging: GPUBuffer;
  readonly bytes: number;
}

/**
 * Reads buffers back without stalling what is submitted next: each read has a staging buffer of its
 * own, taken from those that earlier reads have finished with. Idle ones are kept while somebody
 * holds on to the instance.
 */
export class Readback {
  static readonly #instances = new WeakMap<GPUDevice, Readback>();
  /** Idle staging buffers kept for reuse. */
  static readonly KEEP = 8;
  readonly #idle: GPUBuffer[] = [];
  #holders = 0;

  static of(device: GPUDevice): Readback {
    let instance = Readback.#instances.get(device);
    if (!instance) {
      instance = new Readback(device);
      Readback.#instances.set(device, instance);
    }
    return instance;
  }

  private constructor(readonly device: GPUDevice) {}

  hold(): void {
    this.#holders++;
  }

  release(): void {
    if (--this.#holders > 0) return;
    for (const staging of this.#idle.splice(0)) staging.destroy();
  }

  async read(
    { buffer, offset, size }: Required<GPUBufferBinding>,
    where: string,
  ): Promise<ArrayBuffer> {
    const staged = this.stage(size);
    const encoder = this.device.createCommandEncoder({ label: `read ${where}` });
    encoder.copyBufferToBuffer(buffer, offset, staged.staging, 0, size);
    this.device.queue.submit([encoder.finish()]);
    return this.finish(staged, where);
  }

  /** A staging buffer to copy into; `finish` it after the submit that does. */
  stage(bytes: number): Staged {
    const fit = this.#idle.findIndex(({ size }) => size >= bytes && size <= 4 * bytes + 4096);
    const [reused] = fit < 0 ? [] : this.#idle.splice(fit, 1);
    const staging =
      reused ??
      this.device.createBuffer({
        label: 'readback',
        size: Math.ceil(bytes / 256) * 256,
        usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
      });
    return { staging, bytes };
  }

  /** Gives up a read whose submit did not happen. */
  discard({ staging }: Staged): void {
    staging.destroy();
  }

  async finish({ staging, bytes }: Staged, where: string): Promise<ArrayBuffer> {
    try {
      await DeviceWatch.of(this.device).guard(where, staging.mapAsync(GPUMapMode.READ, 0, bytes));
    } catch (error) {
      staging.destroy();
      throw error;
    }
    const copy = staging.getMappedRange(0, bytes).slice(0);
    staging.unmap();
    if (this.#holders > 0 && this.#idle.length < Readback.KEEP) this.#idle.push(staging);
    else staging.destroy();
    return copy;
  }
}
