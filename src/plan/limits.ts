import { LimitError } from '../core/errors';
import type { Draft, Storage } from './draft';
import type { PlanLimits } from './types';

/** Throws a {@link LimitError} naming the first tensor or dispatch that the device cannot take. */
export function checkLimits(
  drafts: readonly Draft[],
  storages: readonly Storage[],
  limits: PlanLimits,
): void {
  const largest = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
  for (const { name, bytes } of storages) {
    if (bytes <= largest) continue;
    throw new LimitError({
      where: `tensor "${name}"`,
      rule: `a tensor takes at most ${largest} bytes on this device`,
      found: `${bytes} bytes, ${bytes - largest} too many`,
      remedy: 'Use a smaller batch, or a device with a larger maxStorageBufferBindingSize.',
    });
  }
  for (const { node, op, work, operands } of drafts) {
    if (!work) continue;
    const where = `${op} "${node}"`;
    if (operands.length > limits.maxStorageBuffersPerShaderStage) {
      throw new LimitError({
        where,
        rule: `a dispatch binds at most ${limits.maxStorageBuffersPerShaderStage} tensors`,
        found: String(operands.length),
      });
    }
    const { workgroups } = work.lowering.dispatches[work.index];
    if (workgroups.some((count) => count > limits.maxComputeWorkgroupsPerDimension)) {
      throw new LimitError({
        where,
        rule: `a dispatch has at most ${limits.maxComputeWorkgroupsPerDimension} workgroups a dimension`,
        found: workgroups.join(' × '),
        remedy: 'Use a smaller batch.',
      });
    }
  }
}
