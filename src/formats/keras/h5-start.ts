/** A thread, as pages and Node have it. */
export interface H5Thread {
  post(message: unknown): void;
  onMessage(listener: (data: unknown) => void): void;
  onError(listener: (error: unknown) => void): void;
  end(): void;
}

// In variables, so that no bundle for pages follows them.
const NODE = 'node:worker_threads';
const FILE = './h5-worker.js';

/** Starts the worker that reads an HDF5 file. */
export async function startThread(): Promise<H5Thread> {
  if (typeof process === 'object' && process.versions?.node) {
    const { Worker } = (await import(
      /* @vite-ignore */ /* webpackIgnore: true */ NODE
    )) as typeof import('node:worker_threads');
    const worker = new Worker(new URL(FILE, import.meta.url));
    return {
      post: (message) => worker.postMessage(message),
      onMessage: (listener) => worker.on('message', listener),
      onError: (listener) => {
        worker.on('error', listener);
        worker.on('exit', () => listener(new Error('it ended')));
      },
      end: () => void worker.terminate(),
    };
  }
  const worker = new Worker(new URL('./h5-worker.js', import.meta.url), { type: 'module' });
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => {
      worker.onmessage = ({ data }) => listener(data);
    },
    onError: (listener) => {
      worker.onerror = (event) => listener(new Error(event.message || 'it did not start'));
    },
    end: () => worker.terminate(),
  };
}
