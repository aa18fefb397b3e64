import { KernelError } from '../core/errors';
import type { Include, Shader, Width } from '../ir/op';

/** Where each line of a composed shader comes from. */
export interface SourceLine {
  readonly file: string;
  readonly line: number;
}

export interface ComposedShader {
  readonly code: string;
  readonly lines: readonly SourceLine[];
}

/**
 * The kernel behind its includes, each file once, and its types defined: `elem` (and the vec4 `elem4`) is
 * what tensors are stored as, `elems` is `width` of them, and `floats`, `ints`, `uints` and `bools`
 * are as many numbers to compute with. 16 are a matrix, of which `reals`, `ints`, `uints` and `bools`
 * are a column; else `reals` is `floats`. WGSL wants `enable` directives first, so they move to the top.
 * Throws a {@link KernelError} for a width that the kernel does not come in.
 */
export function compose(kernel: Shader, elem: 'f32' | 'f16', width: Width = 1): ComposedShader {
  const enables = new Set<string>(elem === 'f16' ? ['enable f16;'] : []);
  const body: { text: string; source: SourceLine }[] = [];
  const included = new Set<Shader>();

  const add = (shader: Shader) => {
    if (included.has(shader)) return;
    included.add(shader);
    for (const other of shader.includes) add(forWidth(other, width, shader));
    shader.text.split('\n').forEach((line, i) => {
      if (/^enable .*;/.test(line)) enables.add(line.trim());
      else body.push({ text: line, source: { file: `${shader.name}.wgsl`, line: i + 1 } });
    });
  };
  add(kernel);

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

function forWidth(include: Include, width: Width, by: Shader): Shader {
  const shader = 'text' in include ? include : include[width];
  if (shader) return shader;
  const found = `${width}`;
  throw new KernelError({ where: `kernel "${by.name}"`, rule: 'it comes in this width', found });
}
