// Before the e2e tests: builds the demo as it is published and serves it below a folder, where a
// wrong base would show. Tests get the address with inject('demoUrl').
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import type { TestProject } from 'vitest/node';
import { serveFiles } from './serve-files';

declare module 'vitest' {
  interface ProvidedContext {
    demoUrl: string;
  }
}

export default async function serveDemo(project: TestProject): Promise<() => Promise<void>> {
  const root = join(import.meta.dirname, '../..');
  const folder = await mkdtemp(join(tmpdir(), 'demo-'));
  await build({
    configFile: join(root, 'demo/vite.config.ts'),
    logLevel: 'warn',
    build: { outDir: join(folder, 'built') },
  });
  await cp(join(folder, 'built'), join(folder, 'served/some/folder'), { recursive: true });
  const server = await serveFiles(join(folder, 'served'));
  project.provide('demoUrl', `${server.url}some/folder/`);
  return async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  };
}
