// Every pipeline that the case tables lead to compiles without a driver, and what TypeScript says of
// it (bindings, access, types, parameters, overrides) is what the shader declares.
import { beforeAll, describe, expect, test } from 'vitest';
import { type VariableInfo, WgslReflect } from 'wgsl_reflect';
import { sizeOf } from '../../src/core/shape';
import { compose } from '../../src/gpu/compose';
import { PipelineCache } from '../../src/gpu/pipelines';
import type { TensorType } from '../../src/ir/graph';
import type { Shader, Width } from '../../src/ir/op';
import type { PipelineSpec } from '../../src/plan/types';
import { kernels } from '../support/kernels';
import { requestNullDevice } from '../support/null-gpu';
import { collectVariants, type VariantUse } from '../support/variants';
import { functionsOf, reachable } from '../support/wgsl-functions';

const { variants, failures } = collectVariants();

interface Reflected {
  readonly declarations: WgslReflect;
  /** Variables that each entry point uses, itself or in what it calls. */
  readonly used: ReadonlyMap<string, readonly VariableInfo[]>;
}

const shaders = new Map<string, Reflected>();

/** Only declarations are parsed: the parser stumbles over some of what WGSL allows in functions. */
function reflect(kernel: Shader, elem: 'f32' | 'f16', width: Width): Reflected {
  const key = `${kernel.name} ${elem} ${width}`;
  let shader = shaders.get(key);
  if (!shader) {
    const text = compose(kernel, elem, width).code.split('\n');
    const all = functionsOf(text);
    const inside = (i: number) => all.some(({ first, last }) => first <= i && i <= last);
    const outside = text.filter((line, i) => !inside(i) && !/^@compute/.test(line));
    const declarations = new WgslReflect(outside.join('\n'));
    const variables = [...declarations.uniforms, ...declarations.storage];
    const used = all
      .filter(({ entry }) => entry)
      .map((entry): [string, VariableInfo[]] => {
        const called = [...reachable(entry, all)];
        const uses = ({ name }: VariableInfo) => called.some(({ body }) => mentions(body, name));
        return [entry.name, variables.filter(uses)];
      });
    shader = { declarations, used: new Map(used) };
    shaders.set(key, shader);
  }
  return shader;
}

/** Whether a function uses the variable `name` of the module, not a member or a local of that name. */
function mentions(body: string, name: string): boolean {
  const code = body.replace(/\/\/.*/g, '');
  const local = new RegExp(`\\b(let|var|const) ${name}\\b|[(,]\\s*${name}:`);
  return new RegExp(`(?<![.\\w])${name}\\b`).test(code) && !local.test(code);
}

let device: GPUDevice;
beforeAll(async () => {
  device = await requestNullDevice();
});

test('every case is lowered', () => {
  expect(failures).toEqual([]);
});

for (const kernel of kernels.values()) {
  describe(kernel.name, () => {
    const own = variants.filter(({ spec }) => spec.kernel === kernel);

    test('every entry point is reached by a case', () => {
      const declared = [...reflect(kernel, 'f32', 1).used.keys()];
      const reached = [...new Set(own.map(({ spec }) => spec.entry))];
      expect(reached.sort()).toEqual(declared.sort());
    });

    test(`${own.length} variants compile`, async () => {
      await PipelineCache.of(device).getAll(own.map(({ spec }) => spec));
    });

    test('the shader declares what TypeScript says', () => {
      for (const { spec, uses } of own) {
        expect(mismatches(spec, uses), `${kernel.name}.${spec.entry} ${spec.elem}`).toEqual([]);
      }
    });
  });
}

function mismatches(spec: PipelineSpec, uses: readonly VariantUse[]): string[] {
  const found: string[] = [];
  const { declarations, used } = reflect(spec.kernel, spec.elem, spec.width);
  const resources = used.get(spec.entry) ?? [];

  const overrides = new Set(declarations.overrides.map(({ name }) => name));
  for (const name of Object.keys(spec.constants)) {
    if (!overrides.has(name)) found.push(`no override "${name}"`);
  }

  // An entry point need not use every binding of its layout, but uses no others.
  for (const { name, group, binding } of resources) {
    const last = spec.access.length;
    if (group !== 0 || binding > last || (binding === 0 && !spec.hasParams)) {
      found.push(
        `"${name}" at ${group}:${binding} is not bound (params ${spec.hasParams}, 1–${last})`,
      );
    }
  }
  spec.access.forEach((access, i) => {
    const resource = resources.find(({ binding }) => binding === i + 1);
    if (!resource) return;
    const declared = resource.access === 'read_write' ? 'write' : 'read';
    if (declared !== access)
      found.push(`"${resource.name}" is ${resource.access}, bound for ${access}`);
    for (const { where, tensors } of uses) {
      const wrong = wrongType(
        elementOf((resource.format ?? resource.type).getTypeName(), spec.elem),
        tensors,
        i,
      );
      if (wrong) found.push(`${where}: "${resource.name}" ${wrong}`);
    }
  });

  const uniform = resources.find(({ binding }) => binding === 0);
  for (const { where, words } of uses) {
    if (uniform && (words * 4 > uniform.size || padded(words * 4) !== padded(uniform.size))) {
      found.push(`${where}: ${words} words of parameters for ${uniform.size} bytes`);
    }
  }
  return [...new Set(found)];
}

function elementOf(type: string, elem: 'f32' | 'f16'): { scalar: string; width: number } {
  const matrix = /^mat4x4(?:<(\w+)>|([fh]))$/.exec(type);
  if (matrix) return { scalar: matrix[1] ?? (matrix[2] === 'h' ? 'f16' : 'f32'), width: 16 };
  const vector = /^vec(\d)(?:<(\w+)>|(\w))$/.exec(type) ?? /^(elem)4$/.exec(type);
  const shorts: Record<string, string> = { f: 'f32', h: 'f16', i: 'i32', u: 'u32' };
  if (type === 'elem4') return { scalar: elem, width: 4 };
  if (type === 'elem') return { scalar: elem, width: 1 };
  const name = vector ? (vector[2] ?? shorts[vector[3]]) : type;
  return { scalar: name === 'elem' ? elem : name, width: vector ? Number(vector[1]) : 1 };
}

/**
 * Whether the tensor at `i` is not made of such elements. A tensor bound in a second place stands
 * in for an optional one that is not there, and is not read there.
 */
function wrongType(
  { scalar, width }: { scalar: string; width: number },
  tensors: readonly TensorType[],
  i: number,
): string | undefined {
  const tensor = tensors[i];
  if (tensors.some((other, j) => j !== i && other === tensor)) return undefined;
  if (tensor.dtype !== scalar) return `holds ${scalar}, the tensor ${tensor.dtype}`;
  if (sizeOf(tensor.shape) % width) return `holds vec${width}, the tensor [${tensor.shape}]`;
  return undefined;
}

function padded(bytes: number): number {
  return Math.ceil(bytes / 16) * 16;
}
