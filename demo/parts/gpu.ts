import { describeAdapter } from 'webgpu-batchnorm';
import { openDevice } from './device';
import { setHidden } from './dom';

/** The one device of the page, opened when a section first asks, and again after it was lost. */
export class Gpu {
  #device?: Promise<GPUDevice>;

  constructor(private readonly label: HTMLElement) {}

  open(): Promise<GPUDevice> {
    this.#device ??= this.#open();
    return this.#device;
  }

  async #open(): Promise<GPUDevice> {
    try {
      const device = await openDevice();
      void device.lost.then(() => this.#forget());
      this.#show(device);
      return device;
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  #forget(): void {
    this.#device = undefined;
    setHidden(this.label, true);
  }

  #show(device: GPUDevice): void {
    const software = isSoftware(device);
    this.label.textContent = software
      ? `${describeAdapter(device)}: no graphics card is used, so it is slow`
      : describeAdapter(device);
    this.label.toggleAttribute('data-software', software);
    setHidden(this.label, false);
  }
}

export function isSoftware(device: GPUDevice): boolean {
  const { isFallbackAdapter, architecture } = device.adapterInfo;
  return isFallbackAdapter === true || architecture === 'swiftshader';
}
