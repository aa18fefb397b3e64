// What a bundle has of each shader compiles just as the shader does.
import { beforeAll, describe, expect, test } from 'vitest';
import { globalsOf, minifyWgsl } from '../../scripts/minify-wgsl.mjs';
import { PipelineCache } from '../../src/gpu/pipelines';
import type { Include, Shader } from '../../src/ir/op';
import { kernels } from '../support/kernels';
import { requestNullDevice } from '../support/null-gpu';
import { collectVariants } from '../support/variants';

const all = new Set<Shader>();
const visit = (include: Include): void => {
  const files = 'text' in include ? [include] : Object.values(include);
  for (const file of files) {
    all.add(file);
    for (const other of file.includes) visit(other);
  }
};
for (const kernel of kernels.values()) visit(kernel);
const globals = new Set([...all].flatMap(({ text }) => globalsOf(text)));

/** Each file once: two that include the same one include one and the same. */
const made = new Map<Include, Include>();
const minified = (include: Include): Include => {
  const small = made.get(include) ?? minify(include);
  made.set(include, small);
  return small;
};
const minify = (include: Include): Include =>
  'text' in include
    ? {
        ...include,
        text: minifyWgsl(include.text, globals),
        includes: include.includes.map(minified),
      }
    : Object.fromEntries(Object.entries(include).map(([width, one]) => [width, minified(one)]));

let device: GPUDevice;
beforeAll(async () => {
  device = await requestNullDevice();
});

describe('minified', () => {
  const { variants } = collectVariants();
  test.each([...kernels])('%s', async (_, kernel) => {
    const small = minified(kernel) as Shader;
    const own = variants.filter(({ spec }) => spec.kernel === kernel);
    const specs = own.map(({ spec }) => ({ ...spec, kernel: small }));
    await PipelineCache.of(device).getAll(specs);
  });
});

test('a declaration is a line; names of locals are short, all others stay', () => {
  const text = [
    '// A comment.',
    'struct Params { count: u32 }',
    '@group(0) @binding(0) var<uniform> params: Params;',
    '@must_use\nfn half(value: f32) -> f32 { return 0.5 * value; }',
    'fn f(\n  count: u32,\n) -> f32 {',
    '  let length = length(vec2f(f32(count)));',
    '  var sum = half(length); // of all',
    '  for (var index = 0u; index < params.count; index++) { sum = sum - -1.0; }',
    '  return sum;',
    '}',
  ].join('\n');
  expect(minifyWgsl(text, new Set(globalsOf(text)))).toBe(
    [
      'struct Params{count:u32}',
      '@group(0)@binding(0)var<uniform>params:Params;',
      '@must_use fn half(a:f32)->f32{return 0.5*a;}',
      'fn f(a:u32)->f32{let length=length(vec2f(f32(a)));var b=half(length);for(var c=0u;c<params.count;c++){b=b- -1.0;}return b;}',
    ].join('\n'),
  );
});
