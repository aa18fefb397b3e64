import type { TypedArray } from '../core/dtype';

/** `queue.writeBuffer` for arrays whose bytes are not a multiple of 4 (an odd number of halves). */
export function writeBuffer(
  device: GPUDevice,
  buffer: GPUBuffer,
  offset: number,
  data: TypedArray | Uint8Array,
): void {
  const { byteLength } = data;
  if (byteLength % 4 === 0) {
    device.queue.writeBuffer(buffer, offset, data as GPUAllowSharedBufferSource);
    return;
  }
  const padded = new Uint8Array(Math.ceil(byteLength / 4) * 4);
  padded.set(new Uint8Array(data.buffer, data.byteOffset, byteLength));
  device.queue.writeBuffer(buffer, offset, padded);
}

const ids = new WeakMap<GPUBuffer, number>();
let nextId = 0;

/** A number that stands for `buffer` in cache keys. */
export function bufferId(buffer: GPUBuffer): number {
  let id = ids.get(buffer);
  if (id === undefined) {
    id = nextId++;
    ids.set(buffer, id);
  }
  return id;
}

/**
 * Runs `body` and turns the validation and memory errors of its GPU calls into what `describe`
 * makes of them. The body is synchronous: error scopes nest by the order of calls.
 */
export async function withErrorScopes<T>(
  device: GPUDevice,
  body: () => T,
  describe: (error: GPUError) => Error,
): Promise<T> {
  device.pushErrorScope('out-of-memory');
  device.pushErrorScope('validation');
  let scopes: Promise<GPUError | null>[] = [];
  let result: T;
  try {
    result = body();
  } finally {
    scopes = [device.popErrorScope(), device.popErrorScope()];
  }
  const error = (await Promise.all(scopes)).find((scoped) => scoped !== null);
  if (error) throw describe(error);
  return result;
}
