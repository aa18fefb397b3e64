import { FormatError } from '../../core/errors';
import { complaintOf, type H5Complaint, type H5Contents, readHdf5 } from './h5-read.js';
import { startThread } from './h5-start';

export interface H5Options {
  readonly maxBytes: number;
  /** Whether to read in a thread of its own. */
  readonly worker: boolean;
  /** Milliseconds that the thread has. */
  readonly timeout: number;
}

interface Answer {
  readonly contents?: H5Contents;
  readonly complaint?: H5Complaint;
}

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

export function isHdf5(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/**
 * The numbers and texts of an HDF5 file, read by h5wasm. Throws a {@link FormatError} for what is no whole
 * file, has links or numbers elsewhere, or takes longer than `timeout`.
 */
export async function readH5(
  bytes: Uint8Array,
  where: string,
  options: H5Options,
): Promise<H5Contents> {
  if (!isHdf5(bytes)) {
    const rule = 'it starts with the signature of HDF5';
    throw new FormatError({ where, rule, found: `${bytes.length} other bytes` });
  }
  const { contents, complaint } = options.worker
    ? await readInThread(bytes, where, options)
    : await readHere(bytes, options.maxBytes);
  if (contents) return contents;
  const { place, ...rest } = complaint as H5Complaint;
  throw new FormatError({ where: place ? `${where}, ${place.slice(0, 200)}` : where, ...rest });
}

async function readHere(bytes: Uint8Array, maxBytes: number): Promise<Answer> {
  const { default: h5wasm } = await import('h5wasm');
  const module = await h5wasm.ready;
  try {
    return { contents: readHdf5(h5wasm, module, bytes, maxBytes) };
  } catch (error) {
    return { complaint: complaintOf(error) };
  }
}

async function readInThread(bytes: Uint8Array, where: string, options: H5Options): Promise<Answer> {
  const { maxBytes, timeout } = options;
  const thread = await startThread();
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise<Answer>((resolve, reject) => {
      const fail = (rule: string, found: string, remedy: string) =>
        reject(new FormatError({ where, rule, found, remedy }));
      timer = setTimeout(() => {
        const remedy = 'Give more time with timeout, where the file is trusted.';
        fail(`it is read within ${timeout} ms`, 'more', remedy);
      }, timeout);
      thread.onMessage((data) => resolve(data as Answer));
      thread.onError((error) => {
        const found = error instanceof Error ? error.message.slice(0, 200) : String(error);
        fail('it is read in a worker', found, 'Where none can start, give worker: false.');
      });
      thread.post({ bytes, maxBytes });
    });
  } finally {
    clearTimeout(timer);
    thread.end();
  }
}
