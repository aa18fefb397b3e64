// How long recorded work takes: by the device's clock where that is fine enough, else by the page's.
import { DeviceWatch } from '../gpu/device';
import type { TimestampsOf } from '../gpu/executor';
import { Stamps } from '../gpu/timing';

/** Records work into the encoder; of its dispatches the first and the last have their times taken. */
export type Recording = (encoder: GPUCommandEncoder, first?: Stamp, last?: Stamp) => void;
type Stamp = NonNullable<ReturnType<TimestampsOf>>;

/** Milliseconds that a sample should take: submitting, waiting and the clock's grain are then little. */
const SAMPLE_MS = { stamps: 10, page: 20 };
/** Nanoseconds: a hundredth of a sample. Browsers round to a tenth of a millisecond. */
const COARSEST = 1e5;

export class Clock {
  #stamps?: Stamps;
  /** Greatest common divisor of all nanoseconds that the device's clock has shown. */
  #grain = 0n;

  constructor(private readonly device: GPUDevice) {
    if (device.features.has('timestamp-query')) this.#stamps = new Stamps(device, 2);
  }

  get sampleMs(): number {
    return this.#stamps ? SAMPLE_MS.stamps : SAMPLE_MS.page;
  }

  /** Milliseconds of what `record` records, submitted by itself; 0 for less than the clock shows. */
  async time(record: Recording): Promise<number> {
    const encoder = this.device.createCommandEncoder({ label: 'tune' });
    if (this.#stamps) {
      const { querySet, beginningOfPassWriteIndex, endOfPassWriteIndex } = this.#stamps.pass(0);
      record(encoder, { querySet, beginningOfPassWriteIndex }, { querySet, endOfPassWriteIndex });
      const [begin, end] = await this.#stamps.submit(encoder);
      this.#grain = divisor(divisor(this.#grain, begin), end);
      if (end >= begin && this.#grain <= COARSEST) return Number(end - begin) / 1e6;
      this.dispose();
      return this.time(record);
    }
    record(encoder);
    const start = performance.now();
    this.device.queue.submit([encoder.finish()]);
    await DeviceWatch.of(this.device).guard('tune', this.device.queue.onSubmittedWorkDone());
    return performance.now() - start;
  }

  dispose(): void {
    this.#stamps?.destroy();
    this.#stamps = undefined;
  }
}

function divisor(a: bigint, b: bigint): bigint {
  return b ? divisor(b, a % b) : a;
}
