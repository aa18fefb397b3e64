/** Takes the place of the library's own thread for HDF5, which this page never asks for. */
export function startThread(): never {
  throw new Error('This page reads files in the worker that it has.');
}
