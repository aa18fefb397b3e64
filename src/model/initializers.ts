import { Random } from '../core/random';
import { type Shape, sizeOf } from '../core/shape';
import { atLeastZero, type Check, choice, number, wrong } from './options';

/** How many inputs a weight's output sums, and how many outputs its input feeds. */
export type Fans = readonly [fanIn: number, fanOut: number];

interface VarianceScaling {
  readonly name: 'varianceScaling';
  readonly scale: number;
  readonly mode: 'fanIn' | 'fanOut' | 'fanAvg';
  readonly distribution: 'uniform' | 'normal' | 'truncatedNormal';
}

export type InitializerName =
  | 'zeros'
  | 'ones'
  | 'heNormal'
  | 'heUniform'
  | 'glorotNormal'
  | 'glorotUniform'
  | 'lecunNormal'
  | 'lecunUniform';

/**
 * How a weight starts: a name, or plain data made by {@link normal}, {@link truncatedNormal},
 * {@link uniform}, {@link constant} or {@link varianceScaling}. The named normal ones are truncated
 * at two standard deviations and rescaled, as in Keras.
 */
export type Initializer = InitializerName | PlainInitializer;

export type PlainInitializer =
  | { readonly name: 'normal' | 'truncatedNormal'; readonly mean: number; readonly std: number }
  | { readonly name: 'uniform'; readonly low: number; readonly high: number }
  | { readonly name: 'constant'; readonly value: number }
  | VarianceScaling;

/** Normal numbers; default mean 0, standard deviation 0.05. */
export function normal({ mean = 0, std = 0.05 } = {}): PlainInitializer {
  return { name: 'normal', mean, std };
}

/** Normal numbers within two standard deviations; default mean 0, standard deviation 0.05. */
export function truncatedNormal({ mean = 0, std = 0.05 } = {}): PlainInitializer {
  return { name: 'truncatedNormal', mean, std };
}

/** Uniform numbers in [low, high); default ±0.05. */
export function uniform({ low = -0.05, high = 0.05 } = {}): PlainInitializer {
  return { name: 'uniform', low, high };
}

/** One number everywhere. */
export function constant(value: number): PlainInitializer {
  return { name: 'constant', value };
}

/**
 * Numbers of variance scale/fan; the named He, Glorot and LeCun initialisers are instances of it.
 * PyTorch's default of linear and convolution is `{ scale: 1 / 3, distribution: 'uniform' }`.
 */
export function varianceScaling({
  scale = 1,
  mode = 'fanIn',
  distribution = 'truncatedNormal',
}: Partial<Omit<VarianceScaling, 'name'>> = {}): PlainInitializer {
  return { name: 'varianceScaling', scale, mode, distribution };
}

const NAMED: Readonly<Record<InitializerName, PlainInitializer>> = {
  zeros: constant(0),
  ones: constant(1),
  heNormal: varianceScaling({ scale: 2 }),
  heUniform: varianceScaling({ scale: 2, distribution: 'uniform' }),
  glorotNormal: varianceScaling({ mode: 'fanAvg' }),
  glorotUniform: varianceScaling({ mode: 'fanAvg', distribution: 'uniform' }),
  lecunNormal: varianceScaling(),
  lecunUniform: varianceScaling({ distribution: 'uniform' }),
};

const NAMES = Object.keys(NAMED) as InitializerName[];
const DISTRIBUTIONS = ['uniform', 'normal', 'truncatedNormal'] as const;
const FORMS: Readonly<Record<string, Readonly<Record<string, Check<unknown>>>>> = {
  normal: { mean: number, std: atLeastZero },
  truncatedNormal: { mean: number, std: atLeastZero },
  uniform: { low: number, high: number },
  constant: { value: number },
  varianceScaling: {
    scale: atLeastZero,
    mode: choice('fanIn', 'fanOut', 'fanAvg'),
    distribution: choice(...DISTRIBUTIONS),
  },
};

/** Checks an initialiser; the names allowed are in the error. */
export const initializerOption: Check<Initializer> = (value, where, name) => {
  if (typeof value !== 'object' || value === null) {
    return choice<InitializerName>(...NAMES)(value, where, name);
  }
  const given = value as Record<string, unknown>;
  const kind = choice(...Object.keys(FORMS))(given.name, where, `${name}.name`);
  const form = FORMS[kind];
  const unknown = Object.keys(given).find((key) => key !== 'name' && !Object.hasOwn(form, key));
  if (unknown) throw wrong(unknown, where, `${name} ${kind} takes ${Object.keys(form)}`);
  const entries = Object.entries(form).map(([key, check]) => [
    key,
    check(given[key], where, `${name}.${key}`),
  ]);
  const checked = { name: kind, ...Object.fromEntries(entries) };
  if (checked.low > checked.high) throw wrong(value, where, `${name} must have low ≤ high`);
  return checked;
};

/** Standard deviation of a standard normal truncated at ±2. */
const TRUNCATED_STD = 0.8796256610342398;

/** The numbers that a weight of `shape` starts with: those of stream `stream` of `seed`. */
export function initialize(
  initializer: Initializer,
  shape: Shape,
  [fanIn, fanOut]: Fans,
  seed: number,
  stream: number,
): Float32Array {
  const plain = typeof initializer === 'string' ? NAMED[initializer] : initializer;
  const random = new Random(seed, stream);
  const fill = (next: () => number) => {
    const values = new Float32Array(sizeOf(shape));
    for (let i = 0; i < values.length; i++) values[i] = next();
    return values;
  };
  switch (plain.name) {
    case 'constant':
      return new Float32Array(sizeOf(shape)).fill(plain.value);
    case 'uniform':
      return fill(() => plain.low + (plain.high - plain.low) * random.uniform());
    case 'normal':
      return fill(() => plain.mean + plain.std * random.normal());
    case 'truncatedNormal':
      return fill(() => plain.mean + plain.std * truncated(random));
    case 'varianceScaling': {
      const fan = { fanIn, fanOut, fanAvg: (fanIn + fanOut) / 2 }[plain.mode];
      const std = Math.sqrt(plain.scale / Math.max(1, fan));
      if (plain.distribution === 'normal') return fill(() => std * random.normal());
      if (plain.distribution === 'uniform') {
        return fill(() => std * Math.sqrt(3) * (2 * random.uniform() - 1));
      }
      return fill(() => (std / TRUNCATED_STD) * truncated(random));
    }
  }
}

function truncated(random: Random): number {
  for (;;) {
    const value = random.normal();
    if (Math.abs(value) <= 2) return value;
  }
}
