import { NameError } from '../../core/errors';
import { type Shape, sizeOf } from '../../core/shape';
import type { Call, SymbolicTensor, WeightSpec } from '../../model/layer';
import { type Place, placeWeights, type Structure } from '../../model/structure';
import { Layouts } from '../layouts';

/** A tensor of a model's state, and the same tensor as PyTorch has it. */
export interface TorchWeight {
  /** `<layer>/<weight>` */
  readonly state: string;
  readonly type: { readonly dtype: 'f32' | 'i32'; readonly shape: Shape };
  /** Its name below the module's: `weight`, `running_mean`. */
  readonly name: string;
  /** The shape in PyTorch. */
  readonly shape: Shape;
  /** The numbers are permuted as a tensor of this shape, axis i becoming axis `perm[i]`. */
  readonly view: Shape;
  readonly perm: Shape;
}

const NAMES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  batchNorm: {
    gamma: 'weight',
    beta: 'bias',
    movingMean: 'running_mean',
    movingVariance: 'running_var',
    batches: 'num_batches_tracked',
  },
  separableConv2d: {
    depthwiseKernel: 'depthwise.weight',
    pointwiseKernel: 'pointwise.weight',
    bias: 'pointwise.bias',
  },
  prelu: { alpha: 'weight' },
};
const COMMON: Readonly<Record<string, string>> = {
  kernel: 'weight',
  gamma: 'weight',
  beta: 'bias',
};

const NORMS = new Set(['batchNorm', 'layerNorm', 'groupNorm', 'instanceNorm']);

/** A tensor of PyTorch's module that a place has no weight for, and the number that says as much. */
export interface ImpliedWeight {
  readonly name: string;
  /** Undefined: it means nothing. */
  readonly value?: number;
}

/** What PyTorch's module has beside a place's weights: its norms have γ and β, or neither. */
export function impliedWeights({ layer }: Place): ImpliedWeight[] {
  if (!NORMS.has(layer.type)) return [];
  const { scale, center } = layer.options;
  const counts = layer.type === 'batchNorm' ? [{ name: 'num_batches_tracked' }] : [];
  if (scale === center) return counts;
  return [...counts, scale ? { name: 'bias', value: 0 } : { name: 'weight', value: 1 }];
}

/** The weights of each layer of a model, and how PyTorch has them. */
export function torchWeights(structure: Structure): Map<Place, TorchWeight[]> {
  const layouts = new Layouts(structure);
  return new Map(structure.places.map((place) => [place, weightsOfPlace(place, layouts)]));
}

function weightsOfPlace(place: Place, layouts: Layouts): TorchWeight[] {
  const { layer, name, outputs } = place;
  const inputs = outputs.map(({ call }) => (call as Call).inputs[0]);
  const features = rowOrder(place, inputs, layouts);
  return Object.entries(placeWeights(place)).map(([key, spec]) => ({
    state: `${name}/${key}`,
    type: { dtype: spec.dtype === 'i32' ? 'i32' : 'f32', shape: spec.shape },
    name: NAMES[layer.type]?.[key] ?? COMMON[key] ?? key,
    ...layoutOf(layer.type, key, spec, inputs[0], layouts, features),
  }));
}

/** The order of the features that a layer reads: the same wherever it is applied. */
function rowOrder(
  { layer, name }: Place,
  inputs: readonly SymbolicTensor[],
  layouts: Layouts,
): Shape | undefined {
  const orders = inputs.map((input) => input && layouts.features(input));
  if (new Set(orders.map((order) => String(order))).size > 1) {
    throw new NameError({
      where: `${layer.type} "${name}"`,
      rule: 'a shared layer reads features in one order, or PyTorch can not have its weights',
      found: orders.map((order) => (order ? `[${order}] flattened` : 'a row')).join(', '),
      remedy: 'Put a global pooling layer in place of flatten, or do not share the layer.',
    });
  }
  return orders[0];
}

type Layout = Pick<TorchWeight, 'shape' | 'view' | 'perm'>;

function layoutOf(
  type: string,
  key: string,
  { shape, dtype }: WeightSpec,
  input: SymbolicTensor | undefined,
  layouts: Layouts,
  features: Shape | undefined,
): Layout {
  if (key === 'batches' && dtype === 'i32') return { shape: [], view: [1], perm: [0] };
  if (type === 'conv1d' && key === 'kernel') return moved(shape.slice(1), [2, 1, 0]);
  if (shape.length === 4 && /kernel$/i.test(key)) return moved(shape, [3, 2, 0, 1]);
  if (type === 'dense' && key === 'kernel') {
    if (!features) return moved(shape, [1, 0]);
    const axes = features.length;
    const perm = [axes, axes - 1, ...features.map((_, i) => i).slice(0, -1)];
    return { shape: [shape[1], shape[0]], view: [...features, shape[1]], perm };
  }
  if (features && type !== 'dense' && shape.length === 1 && shape[0] === sizeOf(features)) {
    const axes = features.map((_, i) => i);
    return { shape, view: features, perm: [axes.length - 1, ...axes.slice(0, -1)] };
  }
  const whole = input && shape.length > 1 && shape.length === input.shape.length;
  if (type === 'layerNorm' && whole && layouts.channelsLast(input)) {
    const axes = shape.map((_, i) => i);
    return moved(shape, [axes.length - 1, ...axes.slice(0, -1)]);
  }
  return { shape, view: shape, perm: shape.map((_, i) => i) };
}

function moved(view: Shape, perm: Shape): Layout {
  return { shape: perm.map((axis) => view[axis]), view, perm };
}
