// npm run build: the library into dist/, JavaScript by Vite and declarations by tsc.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'vite';
import { root } from './environment.mjs';

const dist = join(root, 'dist');
await build({ configFile: join(root, 'vite.config.ts'), root, logLevel: 'warn' });
execFileSync(
  process.execPath,
  [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
  { cwd: root, stdio: 'inherit' },
);

// tsc leaves `./x.ts` and `./x` as they are in declarations; under nodenext only `./x.js` resolves.
for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
  if (!name.endsWith('.d.ts')) continue;
  const file = join(dist, name);
  const text = readFileSync(file, 'utf8');
  const fixed = text.replace(
    /(\bfrom\s*|\bimport\s*\(\s*|\bimport\s+)(['"])(\.{1,2}\/[^'"]*|\.{1,2})\2/g,
    (_, head, quote, path) => {
      const plain = path.replace(/\.(ts|js)$/, '');
      const isFile = existsSync(join(dirname(file), `${plain}.d.ts`));
      return `${head}${quote}${isFile ? plain : `${plain}/index`}.js${quote}`;
    },
  );
  if (fixed !== text) writeFileSync(file, fixed);
}
