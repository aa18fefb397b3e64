// Counts what parsers allocate, by standing in for the constructors of typed arrays.
const NAMES = [
  'ArrayBuffer',
  'Uint8Array',
  'Int8Array',
  'Uint16Array',
  'Int16Array',
  'Uint32Array',
  'Int32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
] as const;

type Constructor = new (...args: unknown[]) => unknown;

/** The bytes that are asked for in arrays while `body` runs; more than `limit` at once is refused. */
export async function counting<T>(
  limit: number,
  body: () => T | Promise<T>,
): Promise<{ bytes: number; result: T }> {
  const globals = globalThis as unknown as Record<
    string,
    Constructor & { BYTES_PER_ELEMENT?: number }
  >;
  const saved = NAMES.map((name) => [name, globals[name]] as const);
  let bytes = 0;
  for (const [name, original] of saved) {
    globals[name] = new Proxy(original, {
      construct(target, args, newTarget) {
        const [size] = args;
        const step = original.BYTES_PER_ELEMENT ?? 1;
        const asked =
          typeof size === 'number'
            ? size * step
            : size instanceof saved[0][1]
              ? 0
              : ((size as ArrayLike<unknown> | undefined)?.length ?? 0) * step;
        bytes += asked;
        if (bytes > limit) throw new OverBudget(bytes, limit);
        return Reflect.construct(target, args, newTarget === globals[name] ? original : newTarget);
      },
    });
  }
  try {
    return { result: await body(), bytes };
  } finally {
    for (const [name, original] of saved) globals[name] = original;
  }
}

/** A parser asked for more memory than a file of this size may cost. */
export class OverBudget extends Error {
  constructor(bytes: number, limit: number) {
    super(`${bytes} bytes asked for, ${limit} allowed`);
  }
}
