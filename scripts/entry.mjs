// The second half of run.mjs: loads the entry through Vite, for TypeScript, shaders and
// import.meta.glob, and leaves with what main() returns.
import { resolve } from 'node:path';
import { createServer, createServerModuleRunner } from 'vite';
import { root } from './environment.mjs';
import { shaders } from './vite-shaders.mjs';
import { alias } from './vite-shared.mjs';

const [entry, ...argv] = process.argv.slice(2);
const server = await createServer({
  root,
  configFile: false,
  logLevel: 'error',
  appType: 'custom',
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  optimizeDeps: { noDiscovery: true, include: [] },
  resolve: { alias },
  plugins: [shaders()],
});
const runner = createServerModuleRunner(server.environments.ssr, { hmr: false });
try {
  const module = await runner.import(resolve(root, entry));
  process.exitCode = await module.main(argv);
} finally {
  await runner.close();
  await server.close();
}
