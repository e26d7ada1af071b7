import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { cyclesOf } from './cycles-of.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folders = ['src', 'decorators', 'examples', 'test', 'bench'];

const files = folders.flatMap(folder =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map(path => `${folder}/${path.replaceAll('\\', '/')}`)
    .filter(path => path.endsWith('.ts') && !path.startsWith('test/fixtures/')),
);

it('no module imports itself by way of others', async () => {
  expect(await cyclesOf(root, files)).toEqual([]);
});

it('a cycle is found, unless it is one of types alone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cycles-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const modules = {
    'a.ts': `import { b } from './b.js'; export const a = (): unknown => b;`,
    'b.ts': `import { c } from './c.js'; export const b = (): unknown => c;`,
    'c.ts': `export const c = (): unknown => import('./a.js');`,
    'd.ts': `import { type E } from './e.js'; import { a } from './a.js'; export const d = (e: E): unknown => [a, e];`,
    'e.ts': `import { d } from './d.js'; export type E = string; export const e = (): unknown => d('');`,
  };
  for (const [name, text] of Object.entries(modules)) writeFileSync(join(folder, name), text);
  expect(await cyclesOf(folder, ['d.ts', 'e.ts'])).toEqual([['a.ts', 'b.ts', 'c.ts']]);
});
