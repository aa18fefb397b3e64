import { DeviceWatch } from '../gpu/device';

/** Collects the errors of a device that no error scope captures, beside whatever else listens to them. */
export class UncapturedErrors {
  readonly #messages: string[] = [];
  readonly #listener = (event: Event) => {
    this.#messages.push((event as GPUUncapturedErrorEvent).error.message);
  };

  constructor(private readonly device: GPUDevice) {
    device.addEventListener('uncapturederror', this.#listener);
  }

  /** Those since the last call, once the queue is idle. Lets the page draw a frame. */
  async take(): Promise<string[]> {
    await DeviceWatch.of(this.device).guard('selfTest', this.device.queue.onSubmittedWorkDone());
    await new Promise((resolve) => setTimeout(resolve));
    return this.#messages.splice(0);
  }

  stop(): void {
    this.device.removeEventListener('uncapturederror', this.#listener);
  }
}
