import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { definitions } from '../fixtures/dialects/scenario.js';
import {
  buildPackage,
  compileWithEsbuild,
  compileWithTypeScript,
  copySources,
  prepareFolder,
  runFixture,
  withTsx,
} from './compile-dialects.js';

const expected: unknown = JSON.parse(
  readFileSync(new URL('../fixtures/dialects/expected.json', import.meta.url), 'utf8'),
);
const folder = mkdtempSync(join(tmpdir(), 'reproducer-dialects-'));

beforeAll(async () => {
  prepareFolder(folder);
  await buildPackage(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('one source means the same', () => {
  it('as legacy decorators under Vitest', () => {
    expect(JSON.parse(JSON.stringify(definitions))).toEqual(expected);
  });

  it('as legacy decorators under tsc, which refuses misuse', async () => {
    const output = compileWithTypeScript(folder, 'tsc-legacy', true, ['types.ts']);
    expect(output.otherProblems).toEqual([]);
    expect(output.lines['types.ts']!.refused).toEqual(output.lines['types.ts']!.marked);
    expect(await runFixture(output.folder, 'print.js')).toEqual(expected);
  });

  it('as standard decorators under tsc, which refuses misuse', async () => {
    const typeFiles = ['types.ts', 'types-standard.ts'];
    const output = compileWithTypeScript(folder, 'tsc-standard', false, typeFiles);
    expect(output.otherProblems).toEqual([]);
    for (const name of typeFiles)
      expect(output.lines[name]!.refused, name).toEqual(output.lines[name]!.marked);
    expect(await runFixture(output.folder, 'print.js')).toEqual(expected);
  });

  it.each([true, false])('under esbuild with experimentalDecorators %s', async experimentalDecorators => {
    const names = ['scenario.ts', 'print.ts'];
    const dialect = `esbuild-${experimentalDecorators}`;
    const output = compileWithEsbuild(folder, dialect, names, experimentalDecorators);
    expect(await runFixture(output, 'print.js')).toEqual(expected);
  });

  it('as legacy decorators under tsx, by tsconfig.json', async () => {
    const output = copySources(folder, 'tsx-legacy', { compilerOptions: { experimentalDecorators: true } });
    expect(await runFixture(output, 'print.ts', withTsx)).toEqual(expected);
  });

  it('as standard decorators under tsx, which finds no tsconfig.json', async () => {
    const output = copySources(folder, 'tsx-standard', undefined);
    expect(await runFixture(output, 'print.ts', withTsx)).toEqual(expected);
  });
});

describe('misuse that no compiler refused', () => {
  it('is noted by the standard decorators', async () => {
    const output = compileWithEsbuild(folder, 'misuse', ['misuse-standard.ts'], false);
    expect(await runFixture(output, 'misuse-standard.js')).toEqual([
      'PeakFinder.run: expected @Processor on a method, found it on a static method; remove static',
      'PeakFinder.#run: expected @Processor on a method, found it on a name with #; remove the #, or write private instead',
      'PeakFinder.run: expected @Processor on a method, found it on a property; move it before a method',
      'PeakFinder.run: expected @Processor(…), found @Processor without parentheses; write @Processor()',
      'PeakFinder.run: expected @CliOption on a property, found it on a method; move it before a property',
      'PeakFinder.#height: expected @CliOption on a property, found it on a name with #; remove the #, or write private instead',
      'PeakFinder.Symbol(height): expected @CliOption on a property with a name, found it on a symbol; give the property a name',
      'PeakFinder.height: expected @CliOption(…), found @CliOption without parentheses; write @CliOption()',
      'PeakFinder.height: expected @CliOption on a property, found it on a getter or setter; move it before a property',
      'PeakFinder: expected @Reproducer(…), found @Reproducer without parentheses; write @Reproducer()',
      "PeakFinder: @Reproducer consumeTopic: expected a topic name (1 to 249 letters, digits, '.', '_' and '-'), " +
        "found 'a topic'; name a topic, or write undefined and give --consume-topic at start",
      'PeakFinder: expected @Processor on a method, found it on the class; move it before a method',
    ]);
  });
});

describe('two copies of the package', () => {
  it.each([true, false])('share what a class declares (experimentalDecorators %s)', async legacy => {
    const other = join(folder, `copy-${legacy}`);
    await buildPackage(other, true);
    const output = compileWithEsbuild(folder, `two-copies-${legacy}`, ['scenario.ts'], legacy);
    writeFileSync(
      join(output, 'print.js'),
      `import { PeakFinder } from './scenario.js';
       import * as other from '../copy-${legacy}/package/test/fixtures/dialects/package-entry.js';
       import * as own from './package-entry.js';
       if (other.resolveDefinition === own.resolveDefinition) throw new Error('one copy only');
       const reserved = { long: new Set(), short: new Set() };
       const definition = other.resolveDefinition(PeakFinder, new PeakFinder(), reserved);
       const found = other.findReproducerClasses({ PeakFinder }).length;
       console.log(JSON.stringify({ definition, found }));`,
    );
    const first = (expected as unknown[])[0];
    expect(await runFixture(output, 'print.js')).toEqual({ definition: first, found: 1 });
  });
});
