// The README's program runs as printed, and prints what the README says.
import { expect, test } from 'vitest';
import readme from '../../README.md?raw';
import * as names from '../../src/index';
import { requestGPU } from '../support/gpu';

const block = (language: string) =>
  new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(readme)?.[1] as string;

test('the first program', async () => {
  const program = block('js');
  const [, imported] = /^import \{([^}]*)\} from 'webgpu-batchnorm';/.exec(
    program,
  ) as RegExpExecArray;
  const body = program.replace(/^import .*\n/, `const {${imported}} = webgpuBatchnorm;\n`);
  // In Node WebGPU is not where a page has it.
  const gpu = await requestGPU();
  const compile: typeof names.compile = (model, options) =>
    names.compile(model, { gpu, ...options });
  const lines: string[] = [];
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  const console = { log: (line: string) => lines.push(line) };
  await AsyncFunction('webgpuBatchnorm', 'console', body)({ ...names, compile }, console);
  const want = block('text').trim().split('\n');
  expect(lines).toHaveLength(want.length);
  // Adapters differ in the last bits, so losses by a hundredth or two.
  const numbers = (text: string) => text.match(/\d+\.\d+/g)?.map(Number) ?? [];
  lines.forEach((line, i) => {
    expect(line.replace(/\d+\.\d+/g, '#')).toBe(want[i].replace(/\d+\.\d+/g, '#'));
    numbers(line).forEach((value, k) => {
      expect(Math.abs(value - numbers(want[i])[k])).toBeLessThan(0.03);
    });
  });
});
