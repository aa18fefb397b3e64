import { DeviceError } from '../core/errors';
import type { Plan } from '../plan/types';
import { DeviceWatch } from './device';
import type { TimestampsOf } from './executor';

/** Bytes of a timestamp, a count of nanoseconds. */
const STAMP_BYTES = 8;
/** Timestamps that WebGPU lets a query set have. */
const SET_STAMPS = 4096;

/** Throws a {@link DeviceError} unless `device` can time its passes. */
export function checkTimestamps(device: GPUDevice): void {
  if (device.features.has('timestamp-query')) return;
  throw new DeviceError({
    where: 'profile',
    rule: 'the device must have the feature timestamp-query',
    remedy: 'Request it in requiredFeatures where adapter.features has it.',
  });
}

/**
 * Submits `runs` runs of what `record` records, with each dispatch in a pass of its own, and answers
 * the mean milliseconds of each step of the plan; NaN for copies, which WebGPU does not time. A mean,
 * since browsers round timestamps: what the rounding takes from one run it adds to another.
 */
export async function timeSteps(
  device: GPUDevice,
  plan: Plan,
  record: (encoder: GPUCommandEncoder, timestampsOf: TimestampsOf) => void,
  runs: number,
): Promise<number[]> {
  const dispatches = plan.steps.flatMap(({ kind }, step) => (kind === 'dispatch' ? [step] : []));
  const stampOf = new Map(dispatches.map((step, i) => [step, 2 * i]));
  const stamps = new Stamps(device, 2 * dispatches.length);
  const total = new Array<number>(plan.steps.length).fill(0);
  try {
    for (let run = 0; run < runs; run++) {
      const encoder = device.createCommandEncoder({ label: 'profile' });
      record(encoder, (step) => stamps.pass(stampOf.get(step) as number));
      const nanoseconds = await stamps.submit(encoder);
      for (const [step, at] of stampOf)
        total[step] += Number(nanoseconds[at + 1] - nanoseconds[at]);
    }
  } finally {
    stamps.destroy();
  }
  return total.map((sum, step) => (stampOf.has(step) ? sum / runs / 1e6 : Number.NaN));
}

/** Timestamps of a run, as many query sets as they take, and how they come back. */
export class Stamps {
  readonly #sets: GPUQuerySet[];
  readonly #resolved: GPUBuffer;
  readonly #staging: GPUBuffer;

  constructor(
    private readonly device: GPUDevice,
    count: number,
  ) {
    const sets = Math.ceil(count / SET_STAMPS);
    this.#sets = Array.from({ length: sets }, (_, i) =>
      device.createQuerySet({
        type: 'timestamp',
        count: Math.min(SET_STAMPS, count - i * SET_STAMPS),
      }),
    );
    const size = Math.max(1, count) * STAMP_BYTES;
    const { QUERY_RESOLVE, COPY_SRC, MAP_READ, COPY_DST } = GPUBufferUsage;
    this.#resolved = device.createBuffer({ size, usage: QUERY_RESOLVE | COPY_SRC });
    this.#staging = device.createBuffer({ size, usage: MAP_READ | COPY_DST });
  }

  /** A pass that writes the stamps `first` and `first + 1`, an even number and the next. */
  pass(first: number): GPUComputePassTimestampWrites {
    const at = first % SET_STAMPS;
    return {
      querySet: this.#sets[Math.floor(first / SET_STAMPS)],
      beginningOfPassWriteIndex: at,
      endOfPassWriteIndex: at + 1,
    };
  }

  /** Nanoseconds of all stamps, when what `encoder` records is done. */
  async submit(encoder: GPUCommandEncoder): Promise<BigUint64Array> {
    this.#sets.forEach((set, i) => {
      const offset = i * SET_STAMPS * STAMP_BYTES;
      encoder.resolveQuerySet(set, 0, set.count, this.#resolved, offset);
    });
    encoder.copyBufferToBuffer(this.#resolved, 0, this.#staging, 0, this.#staging.size);
    this.device.queue.submit([encoder.finish()]);
    await DeviceWatch.of(this.device).guard('profile', this.#staging.mapAsync(GPUMapMode.READ));
    const stamps = new BigUint64Array(this.#staging.getMappedRange().slice(0));
    this.#staging.unmap();
    return stamps;
  }

  destroy(): void {
    for (const set of this.#sets) set.destroy();
    this.#resolved.destroy();
    this.#staging.destroy();
  }
}
