import type { TrainingState } from 'webgpu-batchnorm';
import type { Problem } from './device';
import type { Notice } from './notice';

/** Steps between two places to go on from, at least. */
const every = 10;

/** All that it takes to go on after the device is gone. */
export interface Checkpoint<Known> {
  readonly step: number;
  /** Of each network; none where it takes no more steps. */
  readonly states: readonly (TrainingState | undefined)[];
  /** What was known of them then. */
  readonly known: Known;
}

/** Whether it is time for another copy. */
export function isDue(step: number, last?: { readonly step: number }): boolean {
  return !last || step >= last.step + every;
}

/**
 * Says that the device was lost, and offers to go on where the networks were last copied. `also`: what else
 * is to be known.
 */
export function offerToGoOn(
  notice: Notice,
  lost: Problem,
  step: number,
  goOn: () => void,
  also: readonly string[] = [],
): void {
  const remedies = [
    `Go on from step ${step}, where the training was last copied: the steps after it are taken again, and at the same learning rate they come out the same.`,
    ...also,
  ];
  notice.show({ ...lost, remedies }, goOn, `Go on from step ${step}`);
}
