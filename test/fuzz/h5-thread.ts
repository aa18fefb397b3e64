import { Worker } from 'node:worker_threads';
import { FormatError } from '../../src/core/errors';
import type { H5Complaint, H5Contents } from '../../src/formats/keras/h5-read.js';

/** Milliseconds for a file: a few in a thousand make the HDF5 library loop, and end their worker. */
const TIMEOUT = 300;
/** The first file of a worker waits until the library is loaded, which takes longer on a busy machine. */
const FIRST = 10_000;

interface Answer {
  readonly contents?: H5Contents;
  readonly complaint?: H5Complaint;
}

let thread: Worker | undefined;

/**
 * Reads an HDF5 file as readKeras does in its worker, but in one that is kept from file to file: starting
 * one takes much longer than a small file.
 */
export async function readInThread(bytes: Uint8Array): Promise<H5Contents> {
  const limit = thread ? TIMEOUT : FIRST;
  thread ??= new Worker(new URL('h5-thread-worker.mjs', import.meta.url));
  const worker = thread;
  worker.ref();
  const { contents, complaint } = await new Promise<Answer>((resolve) => {
    const lost = (found: string) => {
      clearTimeout(timer);
      thread = undefined;
      worker.terminate();
      resolve({ complaint: { place: '', rule: 'its worker reads it', found } });
    };
    const timer = setTimeout(() => lost('a file that takes too long'), limit);
    worker.removeAllListeners();
    worker.once('error', ({ message }) => lost(message));
    worker.once('message', (answer: Answer) => {
      clearTimeout(timer);
      resolve(answer);
    });
    worker.postMessage(bytes);
  });
  worker.unref();
  if (contents) return contents;
  throw new FormatError({ where: 'HDF5 file', ...complaint, rule: complaint?.rule ?? '' });
}
