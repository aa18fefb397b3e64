import {
  bytesOf,
  decodeArray,
  encodeArray,
  type NumericArray,
  type TypedArray,
} from '../core/dtype';
import { DisposedError, NameError, ShapeError } from '../core/errors';
import { formatShape, sameShape, sizeOf } from '../core/shape';
import type { NamedNumbers, TensorType } from '../ir/graph';
import type { StateHome } from '../plan/types';
import { bufferId, writeBuffer } from './buffers';
import { Readback } from './readback';

/** A variable's memory: a buffer of its own, or a part of one that several share. */
interface Memory {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  /** Bytes up to the next variable in the buffer. */
  readonly slot: number;
  /** How many variables the buffer holds. */
  readonly tenants: { count: number };
}

/** A multiple of every device's alignment of bindings. */
const SLOT = 256;

/** Named tensors that stay on the device from run to run, shared by all programs that use them. */
export class GpuVariables {
  readonly #entries = new Map<string, { type: TensorType; memory: Memory }>();
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

  /**
   * The variable's memory, to be bound or copied: a buffer that may hold other variables too. Whoever
   * writes to it says so with `touch()`.
   */
  binding(name: string): Required<GPUBufferBinding> {
    const { type, memory } = this.#entry(name);
    return { buffer: memory.buffer, offset: memory.offset, size: bytesOf(type) };
  }

  /** Where the planner finds a variable that shares its buffer; undefined for one that does not. */
  homeOf(name: string): StateHome | undefined {
    const { buffer, offset, slot } = this.#entry(name).memory;
    if (slot === buffer.size) return undefined;
    return { key: bufferId(buffer), bytes: buffer.size, offset, slot };
  }

  /** Makes the variable `name`, or sets it where it is already there with the same type. */
  create(name: string, type: TensorType, values: NumericArray): void {
    this.createTogether([[name, { type, values }]]);
  }

  /**
   * Makes variables that follow one another in as few buffers as the device's limits allow, so that one
   * dispatch can update them all; those that are already there with the same type are set.
   */
  createTogether(entries: NamedNumbers): void {
    if (this.#disposed) throw disposed();
    const all = [...entries];
    const missing = all.filter(([name, { type }]) => !this.#isKnown(name, type));
    const { maxBufferSize, maxStorageBufferBindingSize } = this.device.limits;
    const most = Math.min(maxBufferSize, maxStorageBufferBindingSize);
    let group: typeof missing = [];
    let bytes = 0;
    for (const entry of missing) {
      const size = slotFor(entry[1].type);
      if (group.length && bytes + size > most) {
        this.#allocate(group);
        [group, bytes] = [[], 0];
      }
      group.push(entry);
      bytes += size;
    }
    this.#allocate(group);
    for (const [name, { values }] of all) this.set(name, values);
  }

  set(name: string, values: NumericArray): void {
    const { type, memory } = this.#entry(name);
    if (values.length !== sizeOf(type.shape)) {
      throw new ShapeError({
        where: `variable "${name}"`,
        rule: `shape ${formatShape(type.shape)} takes ${sizeOf(type.shape)} numbers`,
        found: String(values.length),
      });
    }
    this.touch();
    writeBuffer(this.device, memory.buffer, memory.offset, encodeArray(type.dtype, values));
  }

  async get(name: string): Promise<TypedArray> {
    const { type } = this.#entry(name);
    const where = `variable "${name}"`;
    const bytes = await Readback.of(this.device).read(this.binding(name), where);
    return decodeArray(type.dtype, bytes, sizeOf(type.shape));
  }

  /**
   * Takes the variable away; its memory is given back with the last variable in it. Programs that use
   * it must not run any more.
   */
  delete(name: string): void {
    const { buffer, tenants } = this.#entry(name).memory;
    tenants.count--;
    if (!tenants.count) buffer.destroy();
    this.#entries.delete(name);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    Readback.of(this.device).release();
    for (const { memory } of this.#entries.values()) memory.buffer.destroy();
    this.#entries.clear();
  }

  /** Throws a ShapeError where the variable is there with another type. */
  #isKnown(name: string, type: TensorType): boolean {
    const known = this.#entries.get(name)?.type;
    if (!known) return false;
    if (known.dtype === type.dtype && sameShape(known.shape, type.shape)) return true;
    throw new ShapeError({
      where: `variable "${name}"`,
      rule: `it keeps its type ${known.dtype}${formatShape(known.shape)}`,
      found: `${type.dtype}${formatShape(type.shape)}`,
      remedy: 'Use another name, or other variables.',
    });
  }

  /** One buffer for all of `entries`. */
  #allocate(entries: readonly (readonly [string, { readonly type: TensorType }])[]): void {
    if (!entries.length) return;
    const alone = entries.length === 1;
    const slots = entries.map(([, { type }]) => (alone ? bytesOf(type) : slotFor(type)));
    const buffer = this.device.createBuffer({
      label: alone ? entries[0][0] : `${entries[0][0]} and ${entries.length - 1} more`,
      size: slots.reduce((sum, slot) => sum + slot, 0),
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
    const tenants = { count: entries.length };
    let offset = 0;
    entries.forEach(([name, { type }], i) => {
      this.#entries.set(name, { type, memory: { buffer, offset, slot: slots[i], tenants } });
      offset += slots[i];
    });
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

function slotFor(type: TensorType): number {
  return Math.ceil(bytesOf(type) / SLOT) * SLOT;
}

function disposed(): DisposedError {
  return new DisposedError({ where: 'variables', rule: 'they are not used after dispose()' });
}
