import {
  bytesOf,
  decodeArray,
  encodeArray,
  type NumericArray,
  type TypedArray,
} from '../core/dtype';
import { DisposedError, NameError, ShapeError } from '../core/errors';
import { formatShape, sameShape, sizeOf } from '../core/shape';
import type { TensorType } from '../ir/graph';
import { writeBuffer } from './buffers';
import { Readback } from './readback';

/** Named tensors that stay on the device from run to run, shared by all programs that use them. */
export class GpuVariables {
  readonly #entries = new Map<string, { type: TensorType; buffer: GPUBuffer }>();
  #disposed = false;
  #version = 0;
  #recorded = false;

  constructor(readonly device: GPUDevice) {
    Readback.of(device).hold();
  }

  /** Grows whenever a variable may have changed. */
  get version(): number {
    // Once steps are in encoders of an app, they change variables whenever it submits them.
    if (this.#recorded) this.#version++;
    return this.#version;
  }

  /** Says that a program changes variables: with its submit, or `recorded` for an app to submit. */
  touch(recorded = false): void {
    this.#version++;
    if (recorded) this.#recorded = true;
  }

  names(): string[] {
    return [...this.#entries.keys()];
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  type(name: string): TensorType {
    return this.#entry(name).type;
  }

  /** The variable's memory. Whoever writes to it says so with `touch()`. */
  buffer(name: string): GPUBuffer {
    return this.#entry(name).buffer;
  }

  /** Makes the variable `name`, or sets it where it is already there with the same type. */
  create(name: string, type: TensorType, values: NumericArray): void {
    if (this.#disposed) throw disposed();
    const known = this.#entries.get(name)?.type;
    if (known && !(known.dtype === type.dtype && sameShape(known.shape, type.shape))) {
      throw new ShapeError({
        where: `variable "${name}"`,
        rule: `it keeps its type ${known.dtype}${formatShape(known.shape)}`,
        found: `${type.dtype}${formatShape(type.shape)}`,
        remedy: 'Use another name, or other variables.',
      });
    }
    if (!known) {
      const buffer = this.device.createBuffer({
        label: name,
        size: bytesOf(type),
        usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
      });
      this.#entries.set(name, { type, buffer });
    }
    this.set(name, values);
  }

  set(name: string, values: NumericArray): void {
    const { type, buffer } = this.#entry(name);
    if (values.length !== sizeOf(type.shape)) {
      throw new ShapeError({
        where: `variable "${name}"`,
        rule: `shape ${formatShape(type.shape)} takes ${sizeOf(type.shape)} numbers`,
        found: String(values.length),
      });
    }
    this.touch();
    writeBuffer(this.device, buffer, 0, encodeArray(type.dtype, values));
  }

  async get(name: string): Promise<TypedArray> {
    const { type, buffer } = this.#entry(name);
    const bytes = await Readback.of(this.device).read(buffer, bytesOf(type), `variable "${name}"`);
    return decodeArray(type.dtype, bytes, sizeOf(type.shape));
  }

  /** Gives the variable's memory back. Programs that use it must not run any more. */
  delete(name: string): void {
    this.#entry(name).buffer.destroy();
    this.#entries.delete(name);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    Readback.of(this.device).release();
    for (const { buffer } of this.#entries.values()) buffer.destroy();
    this.#entries.clear();
  }

  #entry(name: string) {
    if (this.#disposed) throw disposed();
    const entry = this.#entries.get(name);
    if (entry) return entry;
    throw new NameError({
      where: `variable "${name}"`,
      rule: 'the variable must exist',
      remedy: `There are: ${this.names().join(', ') || 'none'}.`,
    });
  }
}

function disposed(): DisposedError {
  return new DisposedError({ where: 'variables', rule: 'they are not used after dispose()' });
}
