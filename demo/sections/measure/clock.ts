/** What a submit should take at least, since browsers round the device's clock to 0.1 ms. */
const leastMs = 10;
const mostRepeats = 64;
/** Bytes of a timestamp, a count of nanoseconds. */
const stampBytes = 8;

/** How long the device works on something. */
export class Clock {
  /** The device's own clock, or this page's, which counts the way to the device and back too. */
  readonly source: 'device' | 'page';
  readonly #stamps?: { set: GPUQuerySet; resolved: GPUBuffer; staging: GPUBuffer };

  constructor(private readonly device: GPUDevice) {
    this.source = device.features.has('timestamp-query') ? 'device' : 'page';
    if (this.source === 'page') return;
    const size = 2 * stampBytes;
    const { QUERY_RESOLVE, COPY_SRC, MAP_READ, COPY_DST } = GPUBufferUsage;
    this.#stamps = {
      set: device.createQuerySet({ type: 'timestamp', count: 2 }),
      resolved: device.createBuffer({ size, usage: QUERY_RESOLVE | COPY_SRC }),
      staging: device.createBuffer({ size, usage: MAP_READ | COPY_DST }),
    };
  }

  /**
   * Milliseconds of one run of what `record` records, the mean of `repeats` in one submit: browsers
   * round the device's clock to 0.1 ms or so.
   */
  async time(record: (encoder: GPUCommandEncoder) => void, repeats: number): Promise<number> {
    const { device } = this;
    const encoder = device.createCommandEncoder({ label: 'measure' });
    const stamps = this.#stamps;
    // Only passes have timestamps: an empty one before, and one behind.
    const mark = (at: 'beginningOfPassWriteIndex' | 'endOfPassWriteIndex', index: number) => {
      if (!stamps) return;
      const timestampWrites = { querySet: stamps.set, [at]: index };
      encoder.beginComputePass({ timestampWrites }).end();
    };
    mark('beginningOfPassWriteIndex', 0);
    for (let i = 0; i < repeats; i++) record(encoder);
    mark('endOfPassWriteIndex', 1);
    if (stamps) {
      encoder.resolveQuerySet(stamps.set, 0, 2, stamps.resolved, 0);
      encoder.copyBufferToBuffer(stamps.resolved, 0, stamps.staging, 0, 2 * stampBytes);
    }
    const start = performance.now();
    device.queue.submit([encoder.finish()]);
    if (!stamps) {
      await device.queue.onSubmittedWorkDone();
      return (performance.now() - start) / repeats;
    }
    await stamps.staging.mapAsync(GPUMapMode.READ);
    const [begin, end] = new BigUint64Array(stamps.staging.getMappedRange());
    const nanoseconds = Number(end - begin);
    stamps.staging.unmap();
    return nanoseconds / 1e6 / repeats;
  }

  /** How often to repeat a run for a submit that is long enough to be timed, and no longer. Warms up. */
  async repeatsFor(record: (encoder: GPUCommandEncoder) => void): Promise<number> {
    await this.time(record, 1);
    const once = Math.max(await this.time(record, 1), 1e-3);
    return Math.min(mostRepeats, Math.max(1, Math.ceil(leastMs / once)));
  }

  dispose(): void {
    if (!this.#stamps) return;
    const { set, resolved, staging } = this.#stamps;
    set.destroy();
    resolved.destroy();
    staging.destroy();
  }
}
