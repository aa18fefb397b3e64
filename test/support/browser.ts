// A real Chromium for tests that open pages, with WebGPU on (software where there is no GPU).
import { type Browser, chromium } from 'playwright-core';
import { environment } from '../../scripts/environment.mjs';

export async function launchBrowser(): Promise<Browser> {
  const { browser, browserFlags } = environment();
  if (!browser) throw new Error('No Chromium found: set CHROMIUM_PATH, or run npm test.');
  return chromium.launch({ executablePath: browser, args: browserFlags });
}
