import type { Complaint } from 'webgpu-batchnorm';
import type { ReadAnswer, ReadModel, ReadRequest } from './protocol';

/** A file that is refused, and all that is wrong with it. */
export class Refusal extends Error {
  constructor(readonly complaints: readonly Complaint[]) {
    super(complaints[0]?.rule);
  }
}

/** Milliseconds after which a file is given up: a hostile one may keep its thread busy for ever. */
const patience = 120_000;

/**
 * Reads files in a thread of its own. Throws a {@link Refusal}; `signal` ends the thread, and the promise
 * rejects with its reason.
 */
export async function readModel(
  request: ReadRequest,
  phase: (text: string) => void,
  signal: AbortSignal,
): Promise<ReadModel> {
  signal.throwIfAborted();
  const thread = new Worker(new URL('./read-worker.ts', import.meta.url), { type: 'module' });
  let timer = 0;
  try {
    return await new Promise<ReadModel>((resolve, reject) => {
      timer = window.setTimeout(() => {
        const rule = `it is read within ${patience / 1000} seconds`;
        reject(new Refusal([{ where: request.files[0].name, rule, found: 'more' }]));
      }, patience);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      thread.onerror = ({ message }) => reject(new Error(message || 'The reading thread ended.'));
      thread.onmessage = ({ data }: MessageEvent<ReadAnswer>) => {
        switch (data.kind) {
          case 'phase':
            return phase(data.text);
          case 'read':
            return resolve(data.model);
          case 'refused':
            return reject(new Refusal(data.complaints));
          case 'failed':
            return reject(new Error(data.message));
        }
      };
      thread.postMessage(request);
    });
  } finally {
    clearTimeout(timer);
    thread.terminate();
  }
}
