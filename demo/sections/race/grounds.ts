import { describeAdapter } from 'webgpu-batchnorm';
import { type Digits, firstDigits, loadDigits } from '../../parts/digits';
import { type Gpu, isSoftware } from '../../parts/gpu';
import { CpuRunner } from './cpu-runner';
import type { MakeRunner } from './race';
import { type Course, LocalRunner, type RaceData } from './runner';

/** Test images. A software adapter takes seconds for what a graphics card does in milliseconds. */
const testImages = { hardware: 500, software: 200, cpu: 100 } as const;

/** Told what is being done, and how much of it is done where that is known. */
export type Phase = (text: string, share?: number) => void;

/** Where races are run: the page's GPU, or the CPU reference in workers; and on what digits. */
export class Grounds {
  /** Whether the CPU reference trains, for want of a GPU. */
  onCpu = false;
  #device?: GPUDevice;
  #digits?: Promise<RaceData>;

  constructor(private readonly gpu: Gpu) {}

  /** Undefined before it is opened, and on the CPU. */
  get device(): GPUDevice | undefined {
    return this.#device;
  }

  get name(): string {
    return this.#device ? describeAdapter(this.#device) : 'the processor, by the CPU reference';
  }

  /** All digits that come with the page. */
  digits(): Promise<RaceData> {
    this.#digits ??= loadDigits();
    return this.#digits;
  }

  /** The digits of a race, and how its networks are made to run. */
  async prepare(course: Course, phase: Phase): Promise<{ data: RaceData; make: MakeRunner }> {
    if (!this.onCpu) phase('Opening the graphics device');
    const device = this.onCpu ? undefined : await this.gpu.open();
    this.#device = device;
    phase('Loading the digits');
    const { train, test: all } = await this.digits();
    const data = { train, test: this.#testOf(all, device) };
    phase(device ? 'Compiling the networks' : 'Starting the networks');
    const make: MakeRunner = (variant, resume, compiling) =>
      device
        ? LocalRunner.create({ device }, variant, course, data, resume, compiling)
        : CpuRunner.create(variant, course, data, resume);
    return { data, make };
  }

  #testOf(all: Digits, device?: GPUDevice): Digits {
    const kind = !device ? 'cpu' : isSoftware(device) ? 'software' : 'hardware';
    return firstDigits(all, testImages[kind]);
  }
}
