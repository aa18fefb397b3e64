// The thread that reads models: what a hostile file does to it, it does not do to the page.
import { BatchNormError, FormatError } from 'webgpu-batchnorm';
import type { ReadAnswer, ReadRequest } from './protocol';
import { readFiles } from './read-files';

const answer = (message: ReadAnswer, transfer: Transferable[] = []) =>
  postMessage(message, { transfer });

addEventListener('message', async ({ data }: MessageEvent<ReadRequest>) => {
  try {
    const model = await readFiles(data, (text) => answer({ kind: 'phase', text }));
    const buffers = new Set(model.tensors.map(([, { values }]) => values.buffer as ArrayBuffer));
    answer({ kind: 'read', model }, [...buffers]);
  } catch (error) {
    if (error instanceof FormatError) {
      answer({ kind: 'refused', complaints: error.complaints.map(plain) });
    } else if (error instanceof BatchNormError) {
      answer({ kind: 'refused', complaints: [plain(error)] });
    } else {
      answer({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
    }
  }
});

/** A complaint that can travel: errors lose what they are on the way. */
const plain = ({
  where,
  rule,
  found,
  remedy,
}: BatchNormError | FormatError['complaints'][number]) => ({
  where,
  rule,
  found,
  remedy,
});
