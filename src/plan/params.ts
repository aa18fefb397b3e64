import type { Param } from '../ir/op';
import { roundUp } from './allocate';

/** Uniform structs are sized in units of 16 bytes. */
const STRUCT_ALIGN = 16;

/** Packs the parameter blocks of all dispatches into one uniform buffer; equal blocks are one. */
export class ParamPacker {
  readonly #offsets = new Map<string, number>();
  readonly #blocks: { readonly offset: number; readonly params: readonly Param[] }[] = [];
  #bytes = 0;

  constructor(readonly align: number) {}

  add(params: readonly Param[]): { offset: number; bytes: number } {
    const bytes = roundUp(params.length * 4, STRUCT_ALIGN);
    const key = params.map(({ type, value }) => `${type}${value}`).join();
    let offset = this.#offsets.get(key);
    if (offset === undefined) {
      offset = this.#bytes;
      this.#offsets.set(key, offset);
      this.#blocks.push({ offset, params });
      this.#bytes = roundUp(offset + bytes, this.align);
    }
    return { offset, bytes };
  }

  finish(): Uint8Array<ArrayBuffer> {
    const packed = new DataView(new ArrayBuffer(this.#bytes));
    for (const { offset, params } of this.#blocks) {
      params.forEach(({ type, value }, i) => {
        const at = offset + 4 * i;
        if (type === 'f32') packed.setFloat32(at, value, true);
        else if (type === 'i32') packed.setInt32(at, value, true);
        else packed.setUint32(at, value, true);
      });
    }
    return new Uint8Array(packed.buffer);
  }
}
