// A worker that reads one HDF5 file: a hostile one can end or hang this thread, not the page's.
import h5wasm from 'h5wasm';
import { complaintOf, readHdf5 } from './h5-read.js';

/** @typedef {{ bytes: Uint8Array, maxBytes: number }} Request */

/** @param {Request} request */
async function answer({ bytes, maxBytes }) {
  try {
    return { contents: readHdf5(h5wasm, await h5wasm.ready, bytes, maxBytes) };
  } catch (error) {
    return { complaint: complaintOf(error) };
  }
}

// In a variable, so that no bundle for pages follows it. No await here: bundles may be classic scripts.
const threads = 'node:worker_threads';
if (typeof process === 'object' && process.versions?.node) {
  import(/* @vite-ignore */ /* webpackIgnore: true */ threads).then(({ parentPort }) => {
    parentPort.once('message', async (/** @type {Request} */ request) => {
      parentPort.postMessage(await answer(request));
    });
  });
} else {
  self.onmessage = async ({ data }) => self.postMessage(await answer(data));
}
