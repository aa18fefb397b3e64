import { KernelError } from '../core/errors';
import type { PipelineSpec } from '../plan/types';

/** Texts by path below a folder, e.g. `lib/grid.wgsl`. */
export type ShaderFiles = Readonly<Record<string, string>>;

const SHADER_ROOT = '../../shaders/';
const globbed: Record<string, string> = import.meta.glob('../../shaders/**/*.wgsl', {
  query: '?raw',
  import: 'default',
  eager: true,
});
const shaders: ShaderFiles = Object.fromEntries(
  Object.entries(globbed).map(([path, text]) => [path.slice(SHADER_ROOT.length), text]),
);

/** Where each line of a composed shader comes from. */
export interface SourceLine {
  readonly file: string;
  readonly line: number;
}

export interface ComposedShader {
  readonly code: string;
  readonly lines: readonly SourceLine[];
}

/** Names of all kernels: the files in `shaders/` that are not in `shaders/lib`. */
export function kernelNames(): string[] {
  return Object.keys(shaders)
    .filter((file) => !file.startsWith('lib/'))
    .map((file) => file.replace(/\.wgsl$/, ''))
    .sort();
}

/**
 * The kernel's file with its includes in place and its types defined: `elem` (and the vec4 `elem4`) is
 * what tensors are stored as, `elems` is `width` of them, and `floats`, `ints`, `uints` and `bools`
 * are as many numbers to compute with. 16 are a matrix, of which `reals`, `ints`, `uints` and `bools`
 * are a column; else `reals` is `floats`. `{width}` in the name of an include stands for the number.
 * WGSL wants `enable` directives first, so they move to the top.
 * Throws a {@link KernelError} for a file that is not in `files`.
 */
export function compose(
  kernel: string,
  elem: 'f32' | 'f16',
  width: PipelineSpec['width'] = 1,
  files: ShaderFiles = shaders,
): ComposedShader {
  const enables = new Set<string>(elem === 'f16' ? ['enable f16;'] : []);
  const body: { text: string; source: SourceLine }[] = [];
  const included = new Set<string>();

  const add = (file: string, from: string) => {
    if (included.has(file)) return;
    included.add(file);
    const text = files[file];
    if (text === undefined) {
      throw new KernelError({ where: from, rule: 'an included shader file exists', found: file });
    }
    text.split('\n').forEach((line, i) => {
      const include = /^\/\/! @include (\S+)/.exec(line);
      if (include) add(include[1].replace('{width}', String(width)), `${file}:${i + 1}`);
      else if (/^enable .*;/.test(line)) enables.add(line.trim());
      else body.push({ text: line, source: { file, line: i + 1 } });
    });
  };
  add(`${kernel}.wgsl`, `kernel "${kernel}"`);

  const column = (type: string) => (width === 1 ? type : `vec4<${type}>`);
  const all = (type: string) => (width === 16 ? `mat4x4<${type}>` : column(type));
  const types = {
    elems: all(elem),
    floats: all('f32'),
    reals: column('f32'),
    ints: column('i32'),
    uints: column('u32'),
    bools: column('bool'),
  };
  const head = [
    ...enables,
    `alias elem = ${elem};`,
    `alias elem4 = vec4<${elem}>;`,
    ...Object.entries(types).map(([name, type]) => `alias ${name} = ${type};`),
  ];
  const headSource = { file: '(composer)', line: 0 };
  return {
    code: `${[...head, ...body.map(({ text }) => text)].join('\n')}\n`,
    lines: [...head.map(() => headSource), ...body.map(({ source }) => source)],
  };
}
