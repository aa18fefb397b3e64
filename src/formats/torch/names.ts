import type { Place } from '../../model/structure';

/** How modules are called: by layer, or all of them by a rule. */
export type ModuleNames =
  | Readonly<Record<string, string>>
  | ReadonlyMap<string, string>
  | ((layer: string) => string);

/** What PyTorch may call a layer's module, the likeliest first. */
export function moduleNames({ name }: Place, names?: ModuleNames): string[] {
  const given =
    typeof names === 'function'
      ? names(name)
      : names instanceof Map
        ? names.get(name)
        : names && Object.hasOwn(names, name)
          ? (names as Readonly<Record<string, string>>)[name]
          : undefined;
  return given === undefined ? [...new Set([dotted(name), identifier(name)])] : [given];
}

/** `layer1/0/conv1` is `layer1.0.conv1`. */
export function dotted(name: string): string {
  return name.replaceAll('/', '.');
}

const KEYWORDS = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except finally ' +
    'for from global if import in is lambda nonlocal not or pass raise return try while with yield ' +
    // What nn.Module has itself.
    'forward train eval training half float double bfloat16 apply buffers parameters children modules ' +
    'register_buffer type to cpu cuda dump_patches named_parameters zero_grad share_memory'
  ).split(' '),
);

/** A layer's name as an attribute of a Python class. */
export function identifier(name: string): string {
  const word = name.replace(/[^A-Za-z0-9_]/g, '_');
  return /^[0-9]|^_|^$/.test(word) || KEYWORDS.has(word) ? `layer_${word}` : word;
}
