// The peers' packages: the benchmark's alone, installed when first asked for, below .cache.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cache } from '../../scripts/environment.mjs';

const folder = join(cache, 'peers');

/** Exact versions, and the files that pages import, by the package's name and a path. */
const packages = [
  { name: '@jax-js/jax', version: '0.1.25', entry: 'dist/index.js' },
  { name: '@tensorflow/tfjs-core', version: '4.22.0', entry: 'dist/index.js' },
  {
    name: '@tensorflow/tfjs-core',
    version: '4.22.0',
    path: '/gradients',
    entry: 'dist/register_all_gradients.js',
  },
  { name: '@tensorflow/tfjs-backend-webgpu', version: '4.22.0', entry: 'dist/index.js' },
  {
    name: 'onnxruntime-web',
    version: '1.30.0',
    path: '/webgpu',
    entry: 'dist/ort.webgpu.bundle.min.mjs',
  },
];

/** Where a bundler finds the packages, which are installed if need be. */
export function installPeers(log: (line: string) => void): { find: RegExp; replacement: string }[] {
  const home = (name: string) => join(folder, 'node_modules', name);
  const missing = packages.filter(({ name, version }) => {
    const file = join(home(name), 'package.json');
    return !existsSync(file) || JSON.parse(readFileSync(file, 'utf8')).version !== version;
  });
  if (missing.length) {
    const wanted = [...new Set(missing.map(({ name, version }) => `${name}@${version}`))];
    log(`installing ${wanted.join(', ')}`);
    mkdirSync(folder, { recursive: true });
    const file = join(folder, 'package.json');
    if (!existsSync(file)) writeFileSync(file, '{ "private": true }\n');
    const shell = process.platform === 'win32';
    const args = [
      ...['install', '--no-audit', '--no-fund', '--ignore-scripts', '--save-exact'],
      ...wanted,
    ];
    const { status, stderr } = spawnSync('npm', args, { cwd: folder, shell, encoding: 'utf8' });
    if (status !== 0) throw new Error(`npm ${args.join(' ')} failed:\n${stderr}`);
  }
  return packages.map(({ name, path = '', entry }) => ({
    find: new RegExp(`^${name}${path}$`),
    replacement: join(home(name), entry),
  }));
}
