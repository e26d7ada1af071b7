import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { packageVersion } from '../../../src/package-version.js';
import { packageSource } from '../../../src/programs/init/package-source.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'package-source-'));
  mkdirSync(join(folder, 'user/node_modules/kafka-reproducer'), { recursive: true });
  writeFileSync(join(folder, 'packed.tgz'), '');
});
afterEach(() => rmSync(folder, { recursive: true }));

it.each([
  ['file:../packed.tgz', 'file:../../packed.tgz'],
  ['https://lab.example/packed.tgz', 'https://lab.example/packed.tgz'],
  // npm would not find it where it is not any more.
  ['file:../gone.tgz', undefined],
  ['^0.1.0', undefined],
  [undefined, undefined],
])('where the package was installed as %s, a new project takes it from %s', (installed, spec) => {
  const dependencies = installed === undefined ? {} : { 'kafka-reproducer': installed };
  writeFileSync(join(folder, 'user/package.json'), JSON.stringify({ dependencies }));
  const root = join(folder, 'user/node_modules/kafka-reproducer');
  const places = { cwd: folder, target: join(folder, 'new/project'), root };
  expect(packageSource(undefined, places)).toEqual(
    spec === undefined
      ? { spec: `^${packageVersion()}`, isFromRegistry: true }
      : { spec, isFromRegistry: false },
  );
});
