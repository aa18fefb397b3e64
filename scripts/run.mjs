// node scripts/run.mjs [--browser] entry.ts …arguments: runs a TypeScript entry of this project,
// which exports main(argv), with a GPU at hand. --browser: it needs a Chromium too.
import { join } from 'node:path';
import { root } from './environment.mjs';
import { launch, main, setup } from './setup.mjs';

await main(() => {
  const args = process.argv.slice(2);
  const browser = args[0] === '--browser';
  if (browser) args.shift();
  const { variables } = setup({ browser });
  return launch(['--enable-source-maps', join(root, 'scripts/entry.mjs'), ...args], variables);
});
