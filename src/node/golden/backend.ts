import { requestDevice } from '../../gpu/device';
import { GpuVariables } from '../../gpu/variables';
import type { Graph } from '../../ir/graph';
import { compileGpu } from '../../runtime/compile';
import { CpuVariables, compileCpu } from '../../runtime/cpu-program';
import type { Program, Variables } from '../../runtime/program';

/** Where golden cases are computed. */
export interface Backend {
  readonly name: 'gpu' | 'cpu';
  variables(): Variables;
  compile(graph: Graph, variables: Variables): Promise<Program>;
}

export const cpuBackend: Backend = {
  name: 'cpu',
  variables: () => new CpuVariables(),
  compile: async (graph, variables) => compileCpu(graph, variables as CpuVariables),
};

export function gpuBackend(device: GPUDevice): Backend {
  return {
    name: 'gpu',
    variables: () => new GpuVariables(device),
    compile: (graph, variables) => compileGpu(graph, variables as GpuVariables),
  };
}

/** A device of our own for the length of `body`. */
export async function withBackend<T>(
  name: 'gpu' | 'cpu',
  gpu: () => Promise<GPU>,
  body: (backend: Backend) => Promise<T>,
): Promise<T> {
  if (name === 'cpu') return body(cpuBackend);
  const device = await requestDevice({ gpu: await gpu() });
  try {
    return await body(gpuBackend(device));
  } finally {
    device.destroy();
  }
}
