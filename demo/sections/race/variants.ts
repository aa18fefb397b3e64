import type { Field } from '../../parts/fields';

export const multiples = [1, 5, 30] as const;
export const activations = ['relu', 'sigmoid'] as const;
export const batches = [4, 8, 16, 32, 60, 64, 128] as const;
export const dropouts = [0, 0.25, 0.5] as const;

export type Batch = (typeof batches)[number];

/** One of the networks of a race: how it differs from the others. */
export interface Variant {
  readonly norm: boolean;
  /** Times the slider's learning rate. */
  readonly multiple: (typeof multiples)[number];
  readonly activation: (typeof activations)[number];
  /** Images a step; 0: as many as the race's. */
  readonly batch: 0 | Batch;
  /** Share of the activations that training drops. */
  readonly dropout: (typeof dropouts)[number];
}

export const mostLanes = 4;

const plain: Variant = { norm: false, multiple: 1, activation: 'relu', batch: 0, dropout: 0 };

/** What each word of the link makes of a variant. */
const words = new Map<string, Partial<Variant>>([
  ['bn', { norm: true }],
  ['plain', { norm: false }],
  ...multiples.map((multiple) => [`x${multiple}`, { multiple }] as const),
  ...activations.map((activation) => [activation, { activation }] as const),
  ...batches.map((batch) => [`b${batch}`, { batch }] as const),
  ...dropouts.map((dropout) => [`d${100 * dropout}`, { dropout }] as const),
]);

function parseVariant(text: string): Variant | undefined {
  const known = text.split('.').map((word) => words.get(word));
  return known.includes(undefined) ? undefined : Object.assign({}, plain, ...known);
}

function formatVariant({ norm, multiple, activation, batch, dropout }: Variant): string {
  return [
    norm ? 'bn' : 'plain',
    ...(multiple === plain.multiple ? [] : [`x${multiple}`]),
    ...(activation === plain.activation ? [] : [activation]),
    ...(batch === plain.batch ? [] : [`b${batch}`]),
    ...(dropout === plain.dropout ? [] : [`d${100 * dropout}`]),
  ].join('.');
}

/** `bn.x5_plain.b16`: networks apart by `_`, what each is by `.`; what it does not know is left out. */
export function parseVariants(text: string): readonly Variant[] | undefined {
  const variants = text.split('_', mostLanes).flatMap((part) => parseVariant(part) ?? []);
  return variants.length ? variants : undefined;
}

export function formatVariants(variants: readonly Variant[]): string {
  return variants.map(formatVariant).join('_');
}

export function variantsField(initial: string): Field<readonly Variant[]> {
  return {
    initial: parseVariants(initial) as readonly Variant[],
    parse: parseVariants,
    format: formatVariants,
  };
}

/** As the legend calls it: `With batch norm, rate ×5`. */
export function nameOf({ norm, multiple, activation, batch, dropout }: Variant): string {
  return [
    norm ? 'With batch norm' : 'Without',
    ...(multiple === 1 ? [] : [`rate ×${multiple}`]),
    ...(activation === 'relu' ? [] : [activation]),
    ...(batch ? [`batch ${batch}`] : []),
    ...(dropout ? [`dropout ${dropout}`] : []),
  ].join(', ');
}

/** What to add to a race: a network like the last, but the other way round. */
export function another(variants: readonly Variant[]): Variant {
  const last = variants[variants.length - 1];
  return { ...last, norm: !last.norm };
}
