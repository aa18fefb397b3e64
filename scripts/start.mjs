// npm start: the demo page on a local server, opened in the default browser where there is one.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from './environment.mjs';
import { installModules, main } from './setup.mjs';

await main(async () => {
  installModules();
  const { createServer } = await import('vite');
  const server = await createServer({ configFile: join(root, 'demo/vite.config.ts') });
  await server.listen();
  server.printUrls();
  const url = server.resolvedUrls?.local[0];
  if (url) open(url);
  return 0;
});

/** @param {string} url */
function open(url) {
  const { platform, env } = process;
  if (platform === 'linux' && !env.DISPLAY && !env.WAYLAND_DISPLAY) return;
  if (env.CI || env.BROWSER === 'none') return;
  const [command, ...args] =
    platform === 'darwin'
      ? ['open']
      : platform === 'win32'
        ? ['cmd', '/c', 'start', '""']
        : ['xdg-open'];
  spawn(command, [...args, url], { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref();
}
