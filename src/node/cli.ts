#!/usr/bin/env node
// The command `webgpu-batchnorm`.
import { main } from './cli/main';

process.exitCode = await main(process.argv.slice(2));
