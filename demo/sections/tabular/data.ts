import { Random } from '../../parts/random';

/** Vehicles for sale. The numbers are made up, by the formulas below. */
export interface Vehicles {
  readonly count: number;
  /** [count, 2]: age in years, kilometres driven. */
  readonly features: Float32Array;
  /** [count]: price in thousands of euros. */
  readonly prices: Float32Array;
}

export const featureNames = ['age in years', 'kilometres driven'] as const;

interface Kind {
  /** Price when new, in thousands of euros. */
  readonly list: number;
  /** Kilometres that half of them exceed in a year. */
  readonly yearly: number;
  /** Kilometres after which e⁻¹ of the price is left, age apart. */
  readonly wear: number;
}

const kinds = {
  car: { list: 32, yearly: 14_000, wear: 260_000 },
  // Ridden a third as far in a year, and worn three times as fast.
  motorbike: { list: 30, yearly: 4_500, wear: 84_000 },
} as const satisfies Record<string, Kind>;

const oldest = 18;
/** Share of the price that is lost with each year. */
const ageing = 0.09;
/** Standard deviations of the logarithms: of kilometres a year, and of the price. */
const [spreadOfUse, spreadOfPrice] = [0.4, 0.06];

/** `count` vehicles of a kind; the same seed gives the same ones. */
export function makeVehicles(kind: keyof typeof kinds, count: number, seed: number): Vehicles {
  const { list, yearly, wear } = kinds[kind];
  const random = new Random(seed);
  const features = new Float32Array(2 * count);
  const prices = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const age = oldest * random.uniform();
    const kilometres = age * yearly * Math.exp(spreadOfUse * random.normal());
    const luck = Math.exp(spreadOfPrice * random.normal());
    features.set([age, kilometres], 2 * i);
    prices[i] = list * Math.exp(-ageing * age - kilometres / wear) * luck;
  }
  return { count, features, prices };
}

export function join(a: Vehicles, b: Vehicles): Vehicles {
  return {
    count: a.count + b.count,
    features: Float32Array.from([...a.features, ...b.features]),
    prices: Float32Array.from([...a.prices, ...b.prices]),
  };
}
