// The CPU reference in a worker, so that the page goes on moving: a network, and one call after another.
import type { TrainingState } from 'webgpu-batchnorm';
import { type Course, LocalRunner, type RaceData, type Runner } from './runner';
import type { Variant } from './variants';

/** What is asked for: one network is made first, then its methods are called. */
export type Call =
  | { readonly method: 'create'; readonly args: CreateArguments }
  | { readonly method: 'train'; readonly args: Parameters<Runner['train']> }
  | { readonly method: 'predict' | 'state'; readonly args: [] };

type CreateArguments = [Variant, Course, RaceData, resume: TrainingState | undefined];

let runner: Runner;

async function answer(call: Call): Promise<unknown> {
  switch (call.method) {
    case 'create':
      runner = await LocalRunner.create({ backend: 'cpu' }, ...call.args);
      return undefined;
    case 'train':
      return runner.train(...call.args);
    case 'predict':
      return runner.predict();
    case 'state':
      return runner.state();
  }
}

addEventListener('message', async ({ data }: MessageEvent<Call>) => {
  try {
    postMessage({ result: await answer(data) });
  } catch (error) {
    postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
});
