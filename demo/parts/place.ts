import type { NetworkOptions } from 'webgpu-batchnorm';
import { type Problem, ProblemError } from './device';
import type { Gpu } from './gpu';

/** Where small networks are computed: on the page's GPU or, where there is none, on the CPU. */
export interface Place {
  /** For `compile`. */
  readonly where: Pick<NetworkOptions, 'device' | 'backend'>;
  readonly device?: GPUDevice;
  /** Why there is no GPU. */
  readonly missing?: Problem;
}

export async function openPlace(gpu: Gpu): Promise<Place> {
  try {
    const device = await gpu.open();
    return { where: { device }, device };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return { where: { backend: 'cpu' }, missing: error.problem };
  }
}
