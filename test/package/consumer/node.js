import { parseIdx } from 'webgpu-batchnorm/formats';
import { requestNodeGPU } from 'webgpu-batchnorm/node';
import { run } from './program.js';

console.log(await run(await requestNodeGPU()), typeof parseIdx);
// Dawn keeps the process alive.
process.exit();
