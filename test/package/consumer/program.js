// Runs unchanged in Node and in a page; gives a line that the test knows.
import * as library from 'webgpu-batchnorm';

export async function run() {
  return `names ${Object.keys(library).length > 0}`;
}
