import { DeviceError } from '../core/errors';
import type { Program } from './program';

/** A program that computes on the CPU, wholly or in part: it can't be recorded for a GPU. */
export abstract class HostProgram {
  abstract readonly backend: Program['backend'];

  /** Nothing is kept between runs. */
  async prepare(): Promise<void> {}

  encode(): never {
    throw onlyGpu('encode');
  }

  writeInput(): never {
    throw onlyGpu('writeInput');
  }

  outputBuffer(): never {
    throw onlyGpu('outputBuffer');
  }
}

function onlyGpu(call: string): DeviceError {
  return new DeviceError({
    where: `program.${call}()`,
    rule: 'the program runs on a GPU only',
    found: 'one that computes on the CPU',
    remedy: 'Use run(), or compile for a GPU.',
  });
}
