// The peers' packages: the benchmark's alone, installed when first asked for, below .cache.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cache } from '../../scripts/environment.mjs';

const folder = join(cache, 'peers');
const versions = { '@jax-js/jax': '0.1.25' };

/** Where a bundler finds the packages, which are installed if need be. */
export function installPeers(log: (line: string) => void): { find: string; replacement: string }[] {
  const home = (name: string) => join(folder, 'node_modules', name);
  const missing = Object.entries(versions).filter(([name, version]) => {
    const file = join(home(name), 'package.json');
    return !existsSync(file) || JSON.parse(readFileSync(file, 'utf8')).version !== version;
  });
  if (missing.length) {
    const wanted = missing.map(([name, version]) => `${name}@${version}`);
    log(`installing ${wanted.join(', ')}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    const shell = process.platform === 'win32';
    const args = ['install', '--no-audit', '--no-fund', '--save-exact', ...wanted];
    const { status, stderr } = spawnSync('npm', args, { cwd: folder, shell, encoding: 'utf8' });
    if (status !== 0) throw new Error(`npm ${args.join(' ')} failed:\n${stderr}`);
  }
  return Object.keys(versions).map((name) => ({
    find: name,
    replacement: join(home(name), 'dist/index.js'),
  }));
}
