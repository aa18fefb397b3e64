import type { Shader } from '../../src/ir/op';

/** Every kernel there is, by name. */
export const kernels: ReadonlyMap<string, Shader> = new Map(
  Object.values(
    import.meta.glob<Shader>('../../shaders/*.wgsl', { import: 'default', eager: true }),
  ).map((shader) => [shader.name, shader]),
);
