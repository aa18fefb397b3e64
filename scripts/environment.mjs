// What this machine offers: a browser, a Vulkan driver, the variables and flags that reach them.
// Looks, never installs (scripts/setup.mjs does); needs no node_modules.
import { spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findDriver, findSoftwareDriver, hasLoader } from '../src/node/vulkan.js';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const cache = join(root, '.cache');
/** Where scripts/setup.mjs unpacks the npm fallback. */
export const fallbackFolder = join(cache, 'chromium');

/** @param {string} path */
function executable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Ubuntu's chromium-browser is a script that asks for a snap. @param {string} path */
function isSnapStub(path) {
  if (realpathSync(path).startsWith('/snap/') || realpathSync(path) === '/usr/bin/snap')
    return true;
  const head = readFileSync(path).subarray(0, 4096).toString('latin1');
  return head.startsWith('#!') && head.includes('snap');
}

/** @param {string} name */
function onPath(name) {
  const found = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(executable);
  return found && !isSnapStub(found) ? found : undefined;
}

function fromPlaywright() {
  const base =
    process.env.PLAYWRIGHT_BROWSERS_PATH ??
    {
      darwin: join(homedir(), 'Library/Caches/ms-playwright'),
      win32: join(process.env.LOCALAPPDATA ?? homedir(), 'ms-playwright'),
    }[/** @type {string} */ (process.platform)] ??
    join(homedir(), '.cache/ms-playwright');
  if (!existsSync(base)) return undefined;
  const inside = [
    'chrome-linux/chrome',
    'chrome-linux64/chrome',
    'chrome-win/chrome.exe',
    'chrome-win64/chrome.exe',
    'chrome-mac/Chromium.app/Contents/MacOS/Chromium',
  ];
  return readdirSync(base)
    .filter((name) => /^chromium-\d+$/.test(name))
    .sort()
    .reverse()
    .flatMap((name) => inside.map((path) => join(base, name, path)))
    .find(executable);
}

function findBrowser() {
  for (const name of ['CHROMIUM_PATH', 'CHROME_PATH']) {
    const path = process.env[name];
    if (path && executable(path)) return path;
  }
  const names = ['google-chrome', 'google-chrome-stable', 'chromium', 'chromium-browser'];
  const apps = [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    'C:/Program Files/Google/Chrome/Application/chrome.exe',
    'C:/Program Files (x86)/Google/Chrome/Application/chrome.exe',
    'C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe',
  ];
  return (
    names.map(onPath).find(Boolean) ??
    apps.find(executable) ??
    fromPlaywright() ??
    [join(fallbackFolder, 'chromium')].find(executable)
  );
}

/**
 * SwiftShader exports Vulkan's entry points itself, so under the loader's name it serves as one.
 * @param {string} folder
 */
function linkLoader(folder) {
  const own = join(folder, 'libvulkan.so.1');
  if (existsSync(own)) return folder;
  const links = join(cache, 'vulkan');
  mkdirSync(links, { recursive: true });
  const link = join(links, 'libvulkan.so.1');
  rmSync(link, { force: true });
  symlinkSync(join(folder, 'libvk_swiftshader.so'), link);
  return links;
}

/**
 * @typedef {object} Environment
 * @property {string | undefined} browser Path of a Chromium.
 * @property {string[]} browserFlags
 * @property {'system' | 'software' | 'given' | 'none'} driver Where Node's GPU comes from.
 * @property {boolean} software Whether the browser is to run on SwiftShader: where Node's driver is software too.
 * @property {Record<string, string>} variables What a process with a GPU needs on top of its own.
 */

/**
 * @param {{ software?: boolean }} [options] `software`: pass over the system's GPU.
 * @returns {Environment}
 */
export function environment(options = {}) {
  const browser = findBrowser();
  const beside = [...(browser ? [dirname(realpathSync(browser))] : []), fallbackFolder];
  const driver = options.software ? findSoftwareDriver(beside) : findDriver(beside);
  // Chromium refuses Mesa's software driver (lvp), and has SwiftShader.
  const given = process.env.VK_ICD_FILENAMES ?? process.env.VK_DRIVER_FILES ?? '';
  const software = driver.kind === 'software' || /swiftshader|\blvp_/.test(given);

  /** @type {Record<string, string>} */
  const variables = {};
  if (browser) variables.CHROMIUM_PATH = browser;
  if (driver.icd) variables.VK_ICD_FILENAMES = driver.icd;
  // Without a language in the environment some Chromium builds make up one that Intl refuses.
  const locale = process.env.LC_ALL ? 'LC_ALL' : 'LANG';
  if (/^(C|POSIX)?(\.|$)/.test(process.env[locale] ?? '')) variables[locale] = 'en_US.UTF-8';
  const libraries = [];
  if (driver.folder && !hasLoader()) libraries.push(linkLoader(driver.folder));
  // The npm fallback carries its own NSS and expat.
  if (browser?.startsWith(fallbackFolder)) {
    libraries.push(join(fallbackFolder, 'lib'));
    if (!existsSync('/etc/fonts')) variables.FONTCONFIG_PATH = fallbackFolder;
  }
  const before = (process.env.LD_LIBRARY_PATH ?? '').split(':').filter(Boolean);
  const missing = libraries.filter((folder) => !before.includes(folder));
  if (missing.length) variables.LD_LIBRARY_PATH = [...missing, ...before].join(':');
  if (process.platform === 'linux' && !process.env.XDG_RUNTIME_DIR) {
    variables.XDG_RUNTIME_DIR = tmpdir();
  }

  // The sandbox refuses root, and containers and Ubuntu refuse it; the pages are this project's own.
  const unsandboxed =
    process.getuid?.() === 0 || process.env.CI || browser?.startsWith(fallbackFolder);
  const browserFlags = [
    '--enable-unsafe-webgpu',
    ...(software
      ? [
          '--use-webgpu-adapter=swiftshader',
          // All of the browser on SwiftShader: else its GPU process dies when WebGPU draws on a canvas.
          '--enable-features=Vulkan',
          '--use-vulkan=swiftshader',
          '--use-angle=swiftshader',
        ]
      : process.platform === 'linux'
        ? ['--enable-features=Vulkan', '--use-angle=vulkan', '--disable-vulkan-surface']
        : []),
    ...(unsandboxed ? ['--no-sandbox'] : []),
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
  return { browser, browserFlags, driver: driver.kind, software, variables };
}

/** A Python that has PyTorch, if there is one. @returns {string | undefined} */
export function torchPython() {
  const code = 'import sys, importlib.util as u; sys.exit(u.find_spec("torch") is None)';
  const candidates = [process.env.TORCH_PYTHON ?? '', '/usr/bin/python3', 'python3'];
  return candidates.find((python) => python && spawnSync(python, ['-c', code]).status === 0);
}
