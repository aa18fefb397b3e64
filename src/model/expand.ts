import type { Shape } from '../core/shape';
import type { GraphBuilder } from '../ir/builder';
import type { Value } from '../ir/graph';
import type { OpDef } from '../ir/op';
import { sigmoidOp } from '../ops/activations';
import { logSoftmaxOp, softmaxOp } from '../ops/softmax';
import { type Activation, activationOp } from './activations';
import { type GivenOps, opGiven } from './given-ops';
import type { Layer, WeightSpec } from './layer';

/** An activation that a loss would rather undo: its input, for a stable cross-entropy. */
export interface Ending {
  readonly activation: 'softmax' | 'logSoftmax' | 'sigmoid';
  readonly logits: Value;
}

const ENDINGS: ReadonlyMap<OpDef, Ending['activation']> = /* @__PURE__ */ new Map<
  OpDef,
  Ending['activation']
>([
  [softmaxOp, 'softmax'],
  [logSoftmaxOp, 'logSoftmax'],
  [sigmoidOp, 'sigmoid'],
]);

export interface ExpandOptions {
  readonly training: boolean;
  readonly ops: Partial<GivenOps>;
  readonly dropout: boolean;
  readonly storage: 'f32' | 'f16';
  /** Weight of the batch statistics in an inference graph, for the batch norm called `layer`. */
  blend(layer: string): number;
  /** The counter of training steps. */
  step(): Value;
}

export const INFERENCE: ExpandOptions = {
  training: false,
  ops: {},
  dropout: false,
  storage: 'f32',
  blend: () => 0,
  step: () => {
    throw new Error('an inference graph has no steps');
  },
};

/** `conv2d "conv2d_2"` */
export function whereOf(layer: Layer, name: string): string {
  return `${layer.type} "${name}"`;
}

/** The weights that `layer` declares for inputs of `shapes` (without their first dimensions). */
export function weightsOf(
  layer: Layer,
  name: string,
  shapes: readonly Shape[],
): Readonly<Record<string, WeightSpec>> {
  const { kind, config, useBias } = layer.core;
  return (
    kind.weights?.({
      config,
      inputs: shapes,
      useBias: (config.useBias as boolean | undefined) ?? useBias ?? true,
      where: whereOf(layer, name),
    }) ?? {}
  );
}

/** Turns layers into nodes of `g`, and remembers what they share. */
export class Expander {
  /** States by name, in the order in which layers first read them. */
  readonly states = new Map<string, Value>();
  /** Those that training changes. */
  readonly parameters = new Map<string, Value>();
  readonly endings = new Map<Value, Ending>();
  readonly #updates = new Map<string, Value>();
  readonly #casts = new Map<Value, Value>();
  readonly #repeats = new Map<Layer, number>();

  constructor(
    readonly g: GraphBuilder,
    readonly options: ExpandOptions,
  ) {}

  /** The output of `layer`, called `name` in this graph, on `inputs`. */
  expand(layer: Layer, name: string, inputs: readonly Value[], batched: readonly boolean[]): Value {
    const { g, options } = this;
    const { kind, config, trainable } = layer.core;
    const storage = kind.precise ? 'f32' : options.storage;
    const specs = weightsOf(
      layer,
      name,
      inputs.map(({ shape }) => shape.slice(1)),
    );
    const repeat = this.#repeats.get(layer) ?? 0;
    this.#repeats.set(layer, repeat + 1);
    return g.scoped(name, () =>
      kind.build({
        g,
        config,
        inputs: inputs.map((value) => this.#cast(value, storage)),
        batched,
        where: whereOf(layer, name),
        name,
        repeat,
        training: options.training,
        opGiven: (name) => opGiven(options.ops, name),
        trainable,
        dropout: options.dropout,
        blend: options.blend(name),
        weight: (key) => {
          if (!Object.hasOwn(specs, key)) return undefined;
          const value = this.#weight(`${name}/${key}`, specs[key], trainable);
          return specs[key].half ? this.#cast(value, storage) : value;
        },
        update: (key, value) => this.#updates.set(`${name}/${key}`, value),
        step: options.step,
        activate: (value, activation, own) => this.#activate(value, activation, name, layer, own),
      }),
    );
  }

  /** Registers the updates of states, once all layers are expanded. */
  finish(): void {
    for (const [name, value] of this.#updates) {
      this.g.update(this.states.get(name) as Value, value);
    }
  }

  /** A floating-point tensor as f32, for outputs and losses. */
  widen(value: Value): Value {
    return this.#cast(value, 'f32');
  }

  #weight(name: string, { shape, dtype = 'f32', ...spec }: WeightSpec, trainable: boolean): Value {
    const known = this.#updates.get(name) ?? this.states.get(name);
    if (known) return known;
    const state = this.g.state(name, { dtype, shape });
    this.states.set(name, state);
    if (trainable && spec.trainable !== false) this.parameters.set(name, state);
    return state;
  }

  #cast(value: Value, to: 'f32' | 'f16'): Value {
    if (value.dtype === to || value.dtype === 'i32') return value;
    const known = this.#casts.get(value);
    if (known) return known;
    const cast = this.g.op(opGiven(this.options.ops, 'cast'), [value], { to }, 'cast');
    this.#casts.set(value, cast);
    this.#casts.set(cast, value);
    return cast;
  }

  #activate(value: Value, activation: Activation, name: string, layer: Layer, own = false): Value {
    const rank = value.shape.length;
    const applied = activationOp(activation, rank, whereOf(layer, name));
    if (!applied) return value;
    const { op, attrs } = applied;
    const result = this.g.op(op, [value], attrs, own ? undefined : op.name);
    const ending = ENDINGS.get(op);
    if (ending && (op === sigmoidOp || attrs.axis === rank - 1)) {
      this.endings.set(result, { activation: ending, logits: value });
    }
    return result;
  }
}
