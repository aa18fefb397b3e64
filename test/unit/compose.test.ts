import { expect, test } from 'vitest';
import { KernelError } from '../../src/core/errors';
import { compose, kernelNames } from '../../src/gpu/compose';

const files = {
  'k.wgsl': [
    '// k',
    '//! @include lib/a.wgsl',
    '//! @include lib/b.wgsl',
    'enable subgroups;',
    'fn k() {}',
  ].join('\n'),
  'lib/a.wgsl': 'fn a() {}',
  'lib/b.wgsl': '//! @include lib/a.wgsl\nfn b() {}',
  'lost.wgsl': 'fn f() {}\n//! @include lib/nowhere.wgsl',
  'round.wgsl': '//! @include round.wgsl\nfn f() {}',
};

test('a file is included once, where it is first named', () => {
  const { code } = compose('k', 'f32', 1, files);
  expect(code.match(/fn a\(\)/g)).toHaveLength(1);
  expect(code.indexOf('fn a()')).toBeLessThan(code.indexOf('fn b()'));
  expect(code.indexOf('fn b()')).toBeLessThan(code.indexOf('fn k()'));
  expect(code).not.toContain('@include');
  expect(compose('round', 'f32', 1, files).code.match(/fn f\(\)/g)).toHaveLength(1);
});

test('enable directives come first, then what elem stands for', () => {
  const code = (elem: 'f32' | 'f16') => compose('k', elem, 1, files).code.split('\n');
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
  const wide = { 'k.wgsl': '//! @include lib/w_{width}.wgsl', 'lib/w_16.wgsl': 'fn sixteen() {}' };
  const { code } = compose('k', 'f16', 16, wide);
  for (const line of [
    'alias elems = mat4x4<f16>;',
    'alias floats = mat4x4<f32>;',
    'alias reals = vec4<f32>;',
    'alias uints = vec4<u32>;',
    'fn sixteen() {}',
  ]) {
    expect(code.split('\n')).toContain(line);
  }
  expect(compose('k', 'f32', 4, files).code).toContain('alias floats = vec4<f32>;');
  expect(compose('k', 'f32', 1, files).code).toContain('alias reals = f32;');
});

test('an unknown file throws and says where it is named', () => {
  expect(() => compose('lost', 'f32', 1, files)).toThrow(KernelError);
  expect(() => compose('lost', 'f32', 1, files)).toThrow(/lost\.wgsl:2.*lib\/nowhere\.wgsl/);
  expect(() => compose('nope', 'f32')).toThrow(/kernel "nope".*nope\.wgsl/);
});

test('every line of every shader is mapped to where it comes from', () => {
  const { code, lines } = compose('k', 'f32', 1, files);
  const text = code.split('\n').slice(0, -1);
  expect(lines).toHaveLength(text.length);
  lines.forEach(({ file, line }, i) => {
    if (file === '(composer)') return;
    expect(text[i]).toBe(files[file as keyof typeof files].split('\n')[line - 1]);
  });
  expect(lines.at(-1)).toEqual({ file: 'k.wgsl', line: 5 });
});

test('lib files are not kernels', () => {
  expect(kernelNames()).toContain('binary');
  expect(kernelNames().filter((name) => name.startsWith('lib/'))).toEqual([]);
});
