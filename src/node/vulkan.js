// Finds a Vulkan driver for Dawn. Plain JavaScript, because scripts/ reads it before node_modules
// exists; it touches nothing but the file system.
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * @typedef {object} VulkanDriver
 * @property {'system' | 'software' | 'given' | 'none'} kind `system`: the platform's own GPU driver;
 *   `given`: the caller's environment already names one; `none`: nothing was found.
 * @property {string} [icd] SwiftShader's manifest, for VK_ICD_FILENAMES (kind `software`).
 * @property {string} [folder] Where that manifest lies.
 */

/** @param {string} folder @returns {string[]} */
function list(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** A GPU's device node and a driver for it, which Mesa's software driver (lvp) is not. */
function hasSystemGpu() {
  const device =
    list('/dev/dri').some((name) => name.startsWith('renderD')) ||
    list('/dev').some((name) => /^(nvidia\d+|dxg)$/.test(name));
  const folders = ['/etc/vulkan/icd.d', '/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'];
  return (
    device && folders.some((f) => list(f).some((n) => n.endsWith('.json') && !/^lvp_/.test(n)))
  );
}

/** Folders in which Chromium and its kin keep SwiftShader. */
function browserFolders() {
  const playwright =
    process.env.PLAYWRIGHT_BROWSERS_PATH || join(homedir(), '.cache/ms-playwright');
  return [
    '/usr/lib/chromium',
    '/usr/lib64/chromium-browser',
    '/usr/lib/chromium-browser',
    '/opt/google/chrome',
    ...list(playwright)
      .filter((name) => /^chromium-\d+$/.test(name))
      .flatMap((name) => [
        join(playwright, name, 'chrome-linux'),
        join(playwright, name, 'chrome-linux64'),
      ]),
    join(process.cwd(), '.cache/chromium'),
  ];
}

/**
 * SwiftShader's manifest, or undefined.
 * @param {string[]} [first] Folders to look in before the usual ones.
 * @returns {VulkanDriver}
 */
export function findSoftwareDriver(first = []) {
  for (const folder of [...first, ...browserFolders()]) {
    const icd = join(folder, 'vk_swiftshader_icd.json');
    if (existsSync(icd) && existsSync(join(folder, 'libvk_swiftshader.so'))) {
      return { kind: 'software', icd, folder };
    }
  }
  return { kind: 'none' };
}

/**
 * The driver to use: what the environment names, else the system's GPU, else SwiftShader.
 * @param {string[]} [first] Folders to look for SwiftShader in before the usual ones.
 * @returns {VulkanDriver}
 */
export function findDriver(first = []) {
  if (process.platform !== 'linux') return { kind: 'system' };
  if (process.env.VK_ICD_FILENAMES || process.env.VK_DRIVER_FILES) return { kind: 'given' };
  return hasSystemGpu() ? { kind: 'system' } : findSoftwareDriver(first);
}

/** Whether a Vulkan loader is installed where the dynamic linker looks. */
export function hasLoader() {
  if (process.platform !== 'linux') return true;
  const folders = [
    ...(process.env.LD_LIBRARY_PATH ?? '').split(':').filter(Boolean),
    '/usr/lib/x86_64-linux-gnu',
    '/usr/lib/aarch64-linux-gnu',
    '/lib/x86_64-linux-gnu',
    '/lib/aarch64-linux-gnu',
    '/usr/lib64',
    '/usr/lib',
    '/usr/local/lib',
  ];
  return folders.some((folder) => existsSync(join(folder, 'libvulkan.so.1')));
}
