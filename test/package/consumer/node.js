import 'webgpu-batchnorm/formats';
import { requestNodeAdapter } from 'webgpu-batchnorm/node';
import { run } from './program.js';

console.log(await run(), typeof requestNodeAdapter);
