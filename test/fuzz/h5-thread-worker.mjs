// One HDF5 file after the other.
import { parentPort } from 'node:worker_threads';
import h5wasm from 'h5wasm';
import { complaintOf, readHdf5 } from '../../src/formats/keras/h5-read.js';

const module = await h5wasm.ready;
parentPort?.on('message', (/** @type {Uint8Array} */ bytes) => {
  try {
    parentPort?.postMessage({ contents: readHdf5(h5wasm, module, bytes, 2 ** 30) });
  } catch (error) {
    parentPort?.postMessage({ complaint: complaintOf(error) });
  }
});
