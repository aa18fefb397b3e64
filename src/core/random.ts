/**
 * Counter-based random bits: the same (seed, stream, index) gives the same bits on every machine,
 * in any order, on the CPU and in `shaders/lib/random.wgsl`. Two rounds of the PCG output
 * permutation (Jarzynski & Olano, JCGT 9(3), 2020).
 */
export function randomBits(seed: number, stream: number, index: number): number {
  return pcg(index ^ pcg(stream ^ pcg(seed)));
}

function pcg(input: number): number {
  const state = (Math.imul(input, 747796405) + 2891336453) >>> 0;
  const word = Math.imul(((state >>> ((state >>> 28) + 4)) ^ state) >>> 0, 277803737) >>> 0;
  return ((word >>> 22) ^ word) >>> 0;
}

/** Uniform in [0, 1) with 24 bits, so that it is exact in f32. */
export function randomUniform(seed: number, stream: number, index: number): number {
  return (randomBits(seed, stream, index) >>> 8) / 2 ** 24;
}

/** A sequence of random numbers with a state that can be saved: `(seed, stream, position)`. */
export class Random {
  constructor(
    readonly seed: number,
    readonly stream = 0,
    /** How many numbers have been drawn. */
    public position = 0,
  ) {}

  /** Uniform in [0, 1). */
  uniform(): number {
    return randomUniform(this.seed, this.stream, this.position++);
  }

  /** Standard normal (Box–Muller; two uniforms each). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Integer in [0, limit). */
  integer(limit: number): number {
    return Math.floor(this.uniform() * limit);
  }
}

/** A permutation of 0 … length − 1 (Fisher–Yates). */
export function permutation(length: number, random: Random): Int32Array {
  const order = Int32Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    const kept = order[i];
    order[i] = order[j];
    order[j] = kept;
  }
  return order;
}
