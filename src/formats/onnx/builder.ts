import type { TypedArray } from '../../core/dtype';
import { FormatError } from '../../core/errors';
import type { LayerOptions } from '../../model/create-layer';
import type { Layer, SymbolicTensor } from '../../model/layer';
import { parameter } from '../../model/layers/parameter';
import type { Model } from '../../model/model';
import { uniqueNames } from '../../model/naming';
import { ModelState } from '../../model/state';
import { isFloat } from './tensor';
import { type Dims, type Known, volume } from './values';

/** Makes layers with names of their own, and collects the numbers of their weights. */
export class Builder {
  readonly #weights = new Map<string, TypedArray>();
  readonly #shared = new Map<string, Layer>();
  readonly #unique = uniqueNames();
  #elements = 0;

  constructor(
    readonly file: string,
    /** Elements that tensors computed at import may have, together. */
    readonly maxElements: number,
  ) {}

  /** Throws unless a tensor of these extents may still be computed at import. */
  claim(dims: Dims, where: string): void {
    this.#elements += volume(dims);
    if (this.#elements <= this.maxElements) return;
    throw new FormatError({
      where,
      rule: `tensors that are computed at import have at most ${this.maxElements} elements together`,
      found: `[${dims.slice(0, 9)}]`,
      remedy: 'Pass maxElements where the file can be trusted.',
    });
  }

  /**
   * The output of a new layer, called `name` or numbered like it, with the weights given; or of the
   * layer that has been made with the same options of the same `tied` weights.
   */
  layer(
    name: string,
    make: (options: LayerOptions) => Layer,
    inputs: readonly SymbolicTensor[],
    weights: Readonly<Record<string, TypedArray>> = {},
    tied?: string,
  ): SymbolicTensor {
    const key = tied && `${tied} ${JSON.stringify(make({}).options)}`;
    const known = key && this.#shared.get(key);
    if (known) return known(...inputs);
    const layer = make({ name: this.#unique(cleanName(name)) });
    if (key) this.#shared.set(key, layer);
    for (const [weight, values] of Object.entries(weights)) {
      this.#weights.set(`${layer.name}/${weight}`, values);
    }
    return layer(...inputs);
  }

  /** A tensor of numbers in the model; training changes it where `trainable`. */
  parameter(name: string, value: Known, trainable: boolean): SymbolicTensor {
    const unique = this.#unique(cleanName(name));
    const float = isFloat(value.dtype);
    const data = float ? Float32Array.from(value.data) : Int32Array.from(value.data);
    this.#weights.set(`${unique}/value`, data);
    const dtype = float ? 'f32' : 'i32';
    return parameter(value.dims, { name: unique, dtype, ...(float && { trainable }) });
  }

  /** The numbers of all weights of a model made of these layers. */
  stateOf(model: Model | undefined): ModelState {
    return new ModelState(
      (model?.stateInfo() ?? []).map(({ name, type }) => {
        const zero = () => new Int32Array(1);
        return [name, { type, values: this.#weights.get(name) ?? zero() }];
      }),
    );
  }
}

/** The nearest that may be the name of a layer, an input or an output. */
export function cleanName(name: string): string {
  const printable = name.replace(/[\p{Cc}"]+/gu, '_').slice(0, 160);
  return printable.replace(/^[\s/]+|[\s/]+$/g, '') || '_';
}
