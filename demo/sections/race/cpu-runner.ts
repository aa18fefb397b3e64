import type { TrainingState } from 'webgpu-batchnorm';
import type { Call } from './cpu-worker';
import type { Course, RaceData, Runner } from './runner';
import type { Variant } from './variants';

/** A network on the processor, in a worker of its own. */
export class CpuRunner implements Runner {
  readonly #worker = new Worker(new URL('./cpu-worker.ts', import.meta.url), { type: 'module' });
  /** The worker does one thing after another. */
  #last: Promise<unknown> = Promise.resolve();

  static async create(
    variant: Variant,
    course: Course,
    data: RaceData,
    resume?: TrainingState,
  ): Promise<CpuRunner> {
    const runner = new CpuRunner();
    await runner.#call({ method: 'create', args: [variant, course, data, resume] });
    return runner;
  }

  train(steps: number, learningRate: number): Promise<number[]> {
    return this.#call({ method: 'train', args: [steps, learningRate] });
  }

  predict(): Promise<Float32Array> {
    return this.#call({ method: 'predict', args: [] });
  }

  state(): Promise<TrainingState> {
    return this.#call({ method: 'state', args: [] });
  }

  async dispose(): Promise<void> {
    this.#worker.terminate();
  }

  #call<T>(call: Call): Promise<T> {
    const answer = this.#last.then(
      () =>
        new Promise<T>((resolve, reject) => {
          const worker = this.#worker;
          worker.onmessage = ({ data }: MessageEvent<{ result: T; error?: string }>) => {
            if (data.error === undefined) resolve(data.result);
            else reject(new Error(data.error));
          };
          worker.onerror = ({ message }) =>
            reject(new Error(message || 'The worker did not start.'));
          worker.postMessage(call);
        }),
    );
    this.#last = answer.catch(() => {});
    return answer;
  }
}
