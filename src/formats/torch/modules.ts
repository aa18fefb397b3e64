import { ArgumentError } from '../../core/errors';
import type { Call, SymbolicTensor } from '../../model/layer';
import { type BatchNormOptions, batchNormNumbers } from '../../model/layers/batch-norm';
import { type Padding, resolvePadding } from '../../model/layers/common';
import { type Padding1d, rowWindow } from '../../model/layers/conv1d';
import {
  asChannelsFirst,
  asPlain,
  channelsFirst,
  type Expression,
  literal,
  plain,
  tuple,
} from './expression';

/** A layer as a module of PyTorch: what makes it, and how it is called. */
export interface TorchModule {
  /** Python code that makes the module. */
  readonly make: string;
  /** Called on an expression, before the layer's activation. `self` is the module's code. */
  readonly call: (self: string, x: Expression) => Expression;
  /** Stays in evaluation mode while the network trains. */
  readonly frozen?: boolean;
  /** Parameters of the module that the layer has not: they stay as they are. */
  readonly fixed?: readonly ('weight' | 'bias')[];
  /** Its running variance is that of n, not of n − 1. */
  readonly biased?: boolean;
}

export interface ModulePlace {
  readonly call: Call;
  readonly where: string;
  readonly useBias: boolean;
  readonly channelsLast: (tensor: SymbolicTensor) => boolean;
}

type Numbers = readonly number[];
type Options = Readonly<Record<string, never>>;

/** Layers with weights that PyTorch has a module for. */
export const MODULES: Readonly<Record<string, (place: ModulePlace) => TorchModule>> = {
  conv2d: (place) => convolution(place, place.call.layer.options.groups as number),
  depthwiseConv2d: (place) => convolution(place, channels(place), depthwiseFilters(place)),
  separableConv2d(place) {
    const options = place.call.layer.options as Options;
    const between = depthwiseFilters(place);
    const depthwise = convolution({ ...place, useBias: false }, channels(place), between);
    const bias = place.useBias ? '' : ', bias=False';
    const point = `nn.Conv2d(${between}, ${options.filters}, 1${bias})`;
    return {
      make: `nn.ModuleDict({'depthwise': ${depthwise.make}, 'pointwise': ${point}})`,
      call: (self, x) => {
        const middle = depthwise.call(`${self}['depthwise']`, x);
        return channelsFirst(`${self}['pointwise'](${middle.code})`, 4);
      },
    };
  },
  conv2dTranspose: transposed,
  conv1d(place) {
    const { layer, inputs } = place.call;
    const { filters, kernelSize, strides, padding, dilationRate, groups } =
      layer.options as Options;
    const [steps, width] = inputs[0].shape;
    const window = rowWindow(
      padding as Padding1d,
      steps,
      kernelSize,
      strides,
      dilationRate,
      place.where,
    );
    const [, left, , right] = window.pads as Numbers;
    const options = [
      strides !== 1 && `stride=${strides}`,
      left === right && left > 0 && `padding=${left}`,
      dilationRate !== 1 && `dilation=${dilationRate}`,
      groups !== 1 && `groups=${groups}`,
      !place.useBias && 'bias=False',
    ];
    const make = `nn.Conv1d(${[width, filters, kernelSize, ...options].filter(Boolean).join(', ')})`;
    return {
      make,
      call: (self, x) => {
        const row = asChannelsFirst(x);
        const padded = left === right ? row : `F.pad(${row}, (${left}, ${right}))`;
        return channelsFirst(`${self}(${padded})`, 3);
      },
    };
  },
  dense({ call, useBias }) {
    const { shape } = call.inputs[0];
    const bias = useBias ? '' : ', bias=False';
    return {
      make: `nn.Linear(${shape[shape.length - 1]}, ${call.layer.options.units}${bias})`,
      call: (self, x) => plain(`${self}(${asPlain(x)})`, x.perm.length),
    };
  },
  batchNorm: batchNormModule,
  layerNorm({ call, channelsLast }) {
    const { epsilon, scale, center, axis } = call.layer.options as Options;
    const { shape } = call.inputs[0];
    const dims = Array.isArray(axis) ? new Set(axis).size : 1;
    const first = dims > 1 && dims === shape.length && channelsLast(call.inputs[0]);
    const last = shape.slice(-dims);
    const normalised = first ? [last[dims - 1], ...last.slice(0, -1)] : last;
    return {
      ...affine(scale, center, (both) => {
        const off = both ? '' : ', elementwise_affine=False';
        return `nn.LayerNorm(${tuple(normalised, false)}, eps=${literal(epsilon)}${off})`;
      }),
      call: (self, x) =>
        first
          ? channelsFirst(`${self}(${asChannelsFirst(x)})`, x.perm.length)
          : plain(`${self}(${asPlain(x)})`, x.perm.length),
    };
  },
  groupNorm: (place) => grouped(place, place.call.layer.options.groups as number),
  // nn.InstanceNorm2d with affine=True, under the one name that has no other behaviour.
  instanceNorm: (place) => grouped(place, channels(place)),
  prelu({ call }) {
    const { shape } = call.inputs[0];
    const slopes = call.layer.options.shared ? 1 : shape[shape.length - 1];
    return {
      make: `nn.PReLU(${slopes})`,
      call: (self, x) => channelsFirst(`${self}(${asChannelsFirst(x)})`, x.perm.length),
    };
  },
};

function channels({ call }: ModulePlace): number {
  const { shape } = call.inputs[0];
  return shape[shape.length - 1];
}

function depthwiseFilters(place: ModulePlace): number {
  return channels(place) * (place.call.layer.options.depthMultiplier as number);
}

function convolution(place: ModulePlace, groups: number, filters?: number): TorchModule {
  const { call, where, useBias } = place;
  const options = call.layer.options as Options;
  const { kernelSize, strides, padding, dilationRate } = options as Record<string, Numbers>;
  const [height, width] = call.inputs[0].shape;
  const [top, left, bottom, right] = resolvePadding(
    padding as Padding,
    [height, width],
    pair(kernelSize),
    pair(strides),
    pair(dilationRate),
    where,
  );
  const even = top === bottom && left === right;
  const arguments_ = [
    channels(place),
    filters ?? options.filters,
    tuple(kernelSize),
    tuple(strides) !== '1' && `stride=${tuple(strides)}`,
    even && top + left > 0 && `padding=${tuple([top, left])}`,
    tuple(dilationRate) !== '1' && `dilation=${tuple(dilationRate)}`,
    groups !== 1 && `groups=${groups}`,
    !useBias && 'bias=False',
  ];
  return {
    make: `nn.Conv2d(${arguments_.filter(Boolean).join(', ')})`,
    call: (self, x) => {
      const image = asChannelsFirst(x);
      const padded = even ? image : `F.pad(${image}, (${left}, ${right}, ${top}, ${bottom}))`;
      return channelsFirst(`${self}(${padded})`, 4);
    },
  };
}

const pair = ([height, width]: Numbers) => [height, width] as const;

/** Rows that PyTorch's symmetric padding leaves too many are cut off. */
function transposed(place: ModulePlace): TorchModule {
  const { call, useBias, where } = place;
  const options = call.layer.options as Options;
  const { filters, groups } = options;
  const { kernelSize, strides, padding, dilationRate, outputPadding } = options as Record<
    string,
    Numbers
  >;
  const [height, width, depth] = call.inputs[0].shape;
  const size = [height * strides[0], width * strides[1]] as const;
  const pads = resolvePadding(
    padding as Padding,
    size,
    pair(kernelSize),
    pair(strides),
    pair(dilationRate),
    where,
  );
  const named = typeof padding === 'string';
  const sides = [0, 1].map((i) => {
    const gap = strides[i] - (kernelSize[i] - 1) * dilationRate[i] - 1;
    const more = outputPadding?.[i] ?? (named ? Math.max(gap, 0) : 0);
    const [before, after] = [pads[i], pads[i + 2]];
    const common = Math.min(before, after);
    const added = more - (after - common);
    return { common, first: before - common, added: Math.max(added, 0), last: Math.max(-added, 0) };
  });
  const arguments_ = [
    depth,
    filters,
    tuple(kernelSize),
    tuple(strides) !== '1' && `stride=${tuple(strides)}`,
    sides.some(({ common }) => common) && `padding=${tuple(sides.map(({ common }) => common))}`,
    sides.some(({ added }) => added) && `output_padding=${tuple(sides.map(({ added }) => added))}`,
    groups !== 1 && `groups=${groups}`,
    !useBias && 'bias=False',
    tuple(dilationRate) !== '1' && `dilation=${tuple(dilationRate)}`,
  ];
  const cut = sides.some(({ first, last }) => first || last)
    ? `[:, :, ${sides.map(({ first, last }) => `${first || ''}:${last ? -last : ''}`).join(', ')}]`
    : '';
  return {
    make: `nn.ConvTranspose2d(${arguments_.filter(Boolean).join(', ')})`,
    call: (self, x) => channelsFirst(`${self}(${asChannelsFirst(x)})${cut}`, 4),
  };
}

function batchNormModule({ call, where }: ModulePlace): TorchModule {
  const { layer, inputs } = call;
  const options: BatchNormOptions = layer.options;
  const { momentum, epsilon, unbiased } = batchNormNumbers(options);
  const rank = inputs[0].shape.length + 1;
  const kind = { 2: '1d', 3: '1d', 4: '2d', 5: '3d' }[rank];
  const statistics = options.statistics ?? (layer.trainable ? 'batch' : 'running');
  const updates = options.updateRunning ?? layer.trainable;
  const blend = typeof statistics === 'number' ? statistics : statistics === 'batch' ? 1 : 0;
  if (!kind || (blend !== 0 && blend !== 1) || (blend === 0 && updates)) {
    throw new ArgumentError({
      where,
      rule: "PyTorch's batch norms take 2 to 5 dimensions, and batch or running statistics in training",
      found: kind ? `statistics ${statistics}, updateRunning ${updates}` : `${rank} dimensions`,
      remedy: 'Set statistics and updateRunning (setBatchNormMode) before the export.',
    });
  }
  const [size] = inputs[0].shape.slice(-1);
  const frozen = blend === 0;
  const weight = updates ? (momentum === null ? 'None' : literal(round(1 - momentum))) : '0.0';
  const biased = updates && !unbiased && momentum !== null;
  return {
    ...affine(options.scale as boolean, options.center as boolean, (both) => {
      const off = both ? '' : ', affine=False';
      const name = biased ? `BiasedBatchNorm${kind}` : `nn.BatchNorm${kind}`;
      return `${name}(${size}, eps=${literal(epsilon)}, momentum=${weight}${off})`;
    }),
    call: (self, x) => channelsFirst(`${self}(${asChannelsFirst(x)})`, rank),
    frozen,
    biased,
  };
}

/** 1 − 0.9 is 0.1, not 0.09999999999999998. */
const round = (x: number) => Number(x.toPrecision(12));

function grouped(place: ModulePlace, groups: number): TorchModule {
  const { epsilon, scale, center } = place.call.layer.options as Options;
  return {
    ...affine(scale, center, (both) => {
      const off = both ? '' : ', affine=False';
      return `nn.GroupNorm(${groups}, ${channels(place)}, eps=${literal(epsilon)}${off})`;
    }),
    call: (self, x) => channelsFirst(`${self}(${asChannelsFirst(x)})`, x.perm.length),
  };
}

/** PyTorch's norms have γ and β, or neither. */
function affine(scale: boolean, center: boolean, make: (affine: boolean) => string) {
  const one = scale !== center;
  return {
    make: make(scale || center),
    ...(one && { fixed: [scale ? 'bias' : 'weight'] as const }),
  };
}
