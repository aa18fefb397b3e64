import { expect, test } from 'vitest';
import { compose } from '../../src/gpu/compose';
import type { Include, Shader } from '../../src/ir/op';
import { kernels } from '../support/kernels';

const shader = (name: string, text: string, includes: readonly Include[] = []): Shader => ({
  name,
  text,
  includes,
});
const a = shader('lib/a', 'fn a() {}');
const b = shader('lib/b', 'fn b() {}', [a]);
const k = shader('k', ['// k', 'enable subgroups;', 'fn k() {}'].join('\n'), [a, b]);
const files = [a, b, k];

test('a file is included once, before what needs it', () => {
  const { code } = compose(k, 'f32');
  expect(code.match(/fn a\(\)/g)).toHaveLength(1);
  expect(code.indexOf('fn a()')).toBeLessThan(code.indexOf('fn b()'));
  expect(code.indexOf('fn b()')).toBeLessThan(code.indexOf('fn k()'));
});

test('enable directives come first, then what elem stands for', () => {
  const code = (elem: 'f32' | 'f16') => compose(k, elem).code.split('\n');
  expect(code('f32').slice(0, 3)).toEqual([
    'enable subgroups;',
    'alias elem = f32;',
    'alias elem4 = vec4<f32>;',
  ]);
  expect(code('f16').slice(0, 4)).toEqual([
    'enable f16;',
    'enable subgroups;',
    'alias elem = f16;',
    'alias elem4 = vec4<f16>;',
  ]);
});

test('the types, and the files, are those of the width', () => {
  const wide = shader('wide', 'fn wide() {}', [{ 16: shader('lib/w_16', 'fn sixteen() {}') }]);
  const { code } = compose(wide, 'f16', 16);
  for (const line of [
    'alias elems = mat4x4<f16>;',
    'alias floats = mat4x4<f32>;',
    'alias reals = vec4<f32>;',
    'alias uints = vec4<u32>;',
    'fn sixteen() {}',
  ]) {
    expect(code.split('\n')).toContain(line);
  }
  expect(compose(k, 'f32', 4).code).toContain('alias floats = vec4<f32>;');
  expect(compose(k, 'f32', 1).code).toContain('alias reals = f32;');
  expect(() => compose(wide, 'f32', 4)).toThrow(/kernel "wide".*width.*4/);
});

test('every line of every shader is mapped to where it comes from', () => {
  const { code, lines } = compose(k, 'f32');
  const text = code.split('\n').slice(0, -1);
  expect(lines).toHaveLength(text.length);
  lines.forEach(({ file, line }, i) => {
    if (file === '(composer)') return;
    const { text: source } = files.find(({ name }) => `${name}.wgsl` === file) as Shader;
    expect(text[i]).toBe(source.split('\n')[line - 1]);
  });
  expect(lines.at(-1)).toEqual({ file: 'k.wgsl', line: 3 });
});

test('an imported shader has its name, its text and what it includes', () => {
  const { name, text, includes } = kernels.get('conv2d_registers') as Shader;
  expect(name).toBe('conv2d_registers');
  expect(text).toContain('@compute');
  expect(includes.map((other) => 'name' in other && other.name)).toEqual(
    [...text.matchAll(/^\/\/! @include (\S+)\.wgsl$/gm)].map(([, path]) => path),
  );
  expect([...kernels.keys()].filter((kernel) => kernel.startsWith('lib/'))).toEqual([]);
});
