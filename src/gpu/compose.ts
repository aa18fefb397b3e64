import type { Shader } from '../ir/op';

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
 * are as many numbers to compute with. WGSL wants `enable` directives first, so they move to the top.
 */
export function compose(kernel: Shader, elem: 'f32' | 'f16', width: 1 | 4 = 1): ComposedShader {
  const enables = new Set<string>(elem === 'f16' ? ['enable f16;'] : []);
  const body: { text: string; source: SourceLine }[] = [];
  const included = new Set<Shader>();

  const add = (shader: Shader) => {
    if (included.has(shader)) return;
    included.add(shader);
    for (const other of shader.includes) add(other);
    shader.text.split('\n').forEach((line, i) => {
      if (/^enable .*;/.test(line)) enables.add(line.trim());
      else body.push({ text: line, source: { file: `${shader.name}.wgsl`, line: i + 1 } });
    });
  };
  add(kernel);

  const several = (type: string) => (width === 4 ? `vec4<${type}>` : type);
  const types = { elems: elem, floats: 'f32', ints: 'i32', uints: 'u32', bools: 'bool' };
  const head = [
    ...enables,
    `alias elem = ${elem};`,
    `alias elem4 = vec4<${elem}>;`,
    ...Object.entries(types).map(([name, type]) => `alias ${name} = ${several(type)};`),
  ];
  const headSource = { file: '(composer)', line: 0 };
  return {
    code: `${[...head, ...body.map(({ text }) => text)].join('\n')}\n`,
    lines: [...head.map(() => headSource), ...body.map(({ source }) => source)],
  };
}
