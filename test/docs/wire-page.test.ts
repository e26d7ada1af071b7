import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readMarkdown, root } from './markdown-files.js';

it('docs/wire-format.md counts the elements of a chunk as errors do', () => {
  const rows = readMarkdown('docs/wire-format.md').matchAll(/^\| (\d+) +\| ([a-z ]+?) +\|/gm);
  const documented = [...rows].map(([, number, name]) => `${number} ${name}`);
  const source = readFileSync(join(root, 'src/wire/decode-chunk.ts'), 'utf8');
  const told = new Map(
    [...source.matchAll(/field (\d+) \((?:chunk (?=index|count))?([a-z ]+)\)/g)].map(match => [
      match[1],
      match[2],
    ]),
  );
  expect(documented).toHaveLength(10);
  expect([...told].map(([number, name]) => `${number} ${name}`)).toEqual(documented);
});
