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
    /** Rows that it has room for. */
    readonly slots: number,
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
    const offsets = tracks.map((track) => this.#offset(slot, track));
    const numbers = await this.#readBack(offsets, histogramBytes);
    return tracks.map((_, i) => numbers.subarray(i * histogramSize, (i + 1) * histogramSize));
  }

  /** All of them, to be kept in case the device is lost. */
  copy(): Promise<Float32Array<ArrayBuffer>> {
    return this.#readBack([0], this.buffer.size);
  }

  /** Puts a copy back. */
  fill(counts: Float32Array<ArrayBuffer>): void {
    this.device.queue.writeBuffer(this.buffer, 0, counts);
  }

  dispose(): void {
    this.buffer.destroy();
  }

  /** So many bytes from each place, one after the other. */
  async #readBack(offsets: readonly number[], bytes: number): Promise<Float32Array<ArrayBuffer>> {
    const staging = this.device.createBuffer({
      size: offsets.length * bytes,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    try {
      const encoder = this.device.createCommandEncoder();
      offsets.forEach((from, i) => {
        encoder.copyBufferToBuffer(this.buffer, from, staging, i * bytes, bytes);
      });
      this.device.queue.submit([encoder.finish()]);
      await staging.mapAsync(GPUMapMode.READ);
      return new Float32Array(staging.getMappedRange().slice(0));
    } finally {
      staging.destroy();
    }
  }

  #offset(slot: number, track: number): number {
    return (slot * this.tracks + track) * histogramBytes;
  }
}
