import { bytesOf, encodeArray, type NumericArray } from '../core/dtype';
import { LimitError, OutOfMemoryError } from '../core/errors';
import type { TensorType } from '../ir/graph';
import { withErrorScopes, writeBuffer } from './buffers';

/** Whether a dispatch on `device` can bind a tensor of this type. */
export function fitsBinding({ limits }: GPUDevice, type: TensorType): boolean {
  return bytesOf(type) <= Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
}

/** Throws a {@link LimitError} unless a dispatch on `device` can bind a tensor of this type. */
export function checkFits(device: GPUDevice, where: string, type: TensorType): void {
  if (fitsBinding(device, type)) return;
  const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
  throw new LimitError({
    where,
    rule: `a tensor takes at most ${Math.min(maxBufferSize, maxStorageBufferBindingSize)} bytes on this device`,
    found: `${bytesOf(type)} bytes`,
    remedy: 'Use a smaller one, or a device with a larger maxStorageBufferBindingSize.',
  });
}

/** A buffer that holds a tensor, to be bound as a program's input; the caller destroys it. */
export async function uploadTensor(
  device: GPUDevice,
  name: string,
  type: TensorType,
  values: NumericArray,
): Promise<GPUBuffer> {
  const where = `tensor "${name}"`;
  const size = bytesOf(type);
  checkFits(device, where, type);
  return withErrorScopes(
    device,
    () => {
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
      const buffer = device.createBuffer({ label: name, size, usage });
      writeBuffer(device, buffer, 0, encodeArray(type.dtype, values));
      return buffer;
    },
    ({ message }) =>
      new OutOfMemoryError({
        where,
        rule: `the device must have room for ${size} bytes`,
        found: message,
      }),
  );
}
