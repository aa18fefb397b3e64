// Ops and kernels by name, as case tables and tests speak of them.
import type { OpDef, Shader } from '../../src/ir/op';
import { ops } from '../../src/ops';

const byName = new Map(ops.map((op) => [op.name, op]));

/** Every kernel there is, by name. */
export const kernels: ReadonlyMap<string, Shader> = new Map(
  Object.values(
    import.meta.glob<Shader>('../../shaders/*.wgsl', { import: 'default', eager: true }),
  ).map((shader) => [shader.name, shader]),
);

export function opNamed(name: string): OpDef {
  const op = byName.get(name);
  if (op) return op;
  throw new Error(`no op is called "${name}"`);
}
