import { expect, test } from 'vitest';
import { requestNullDevice } from '../support/null-gpu';

test('the null device compiles shaders and tells their errors', async () => {
  const device = await requestNullDevice();
  const compile = async (code: string) => {
    device.pushErrorScope('validation');
    const info = await device.createShaderModule({ code }).getCompilationInfo();
    const error = await device.popErrorScope();
    return { error, messages: info.messages.filter((message) => message.type === 'error') };
  };
  const good = await compile('@compute @workgroup_size(64) fn main() {}');
  expect(good).toEqual({ error: null, messages: [] });
  const bad = await compile('fn main() { let x: f32 = 1u; }');
  expect(bad.error).not.toBeNull();
  expect(bad.messages).toHaveLength(1);
});
