import type { Program } from 'webgpu-batchnorm';
import { bins } from './layers';

/** Numbers of one histogram: below the range, in its bins, above it. */
export const histogramSize = bins + 2;
const histogramBytes = 4 * histogramSize;

/** Where a histogram comes from. */
export interface Source {
  readonly program: Program;
  readonly output: string;
}

/** Histograms over time, for each of several tracks; they never leave the GPU to be drawn. */
export class Histories {
  /** f32 [slots, tracks, bins + 2]: counts. */
  readonly buffer: GPUBuffer;

  constructor(
    private readonly device: GPUDevice,
    readonly tracks: number,
    slots: number,
  ) {
    this.buffer = device.createBuffer({
      label: 'histories',
      size: slots * tracks * histogramBytes,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
    });
  }

  /** Copies what the programs have counted last, a source for each track. */
  keep(slot: number, sources: readonly Source[]): void {
    const encoder = this.device.createCommandEncoder();
    sources.forEach(({ program, output }, track) => {
      const from = program.outputBuffer(output);
      encoder.copyBufferToBuffer(from, 0, this.buffer, this.#offset(slot, track), histogramBytes);
    });
    this.device.queue.submit([encoder.finish()]);
  }

  /** The counts of some tracks at one step, for whoever asks for a number. */
  async read(slot: number, tracks: readonly number[]): Promise<Float32Array[]> {
    const staging = this.device.createBuffer({
      size: tracks.length * histogramBytes,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    try {
      const encoder = this.device.createCommandEncoder();
      tracks.forEach((track, i) => {
        const from = this.#offset(slot, track);
        encoder.copyBufferToBuffer(this.buffer, from, staging, i * histogramBytes, histogramBytes);
      });
      this.device.queue.submit([encoder.finish()]);
      await staging.mapAsync(GPUMapMode.READ);
      const numbers = new Float32Array(staging.getMappedRange().slice(0));
      return tracks.map((_, i) => numbers.subarray(i * histogramSize, (i + 1) * histogramSize));
    } finally {
      staging.destroy();
    }
  }

  dispose(): void {
    this.buffer.destroy();
  }

  #offset(slot: number, track: number): number {
    return (slot * this.tracks + track) * histogramBytes;
  }
}
