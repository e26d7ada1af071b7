import { symlinkSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { peakFinder, tsx, UserProject } from '../cli/user-project.js';

/** What a module prints that runs as the program: --version is the shortest thing that only a run does. */
const ran = /^kafka-reproducer \d+\.\d+\.\d+\n(not-run 0)\n$/;

const end = `
const { outcome, exitCode } = await runReproducer(PeakFinder, import.meta);
console.log(outcome, exitCode);
`;

describe.concurrent('a module that calls runReproducer', () => {
  let project: UserProject;
  beforeAll(() => {
    project = new UserProject();
    project.writeBoth('peaks', peakFinder({ end }));
    project.write(
      'importer.js',
      "import { PeakFinder } from './peaks.js'; console.log('imported', PeakFinder.name);",
    );
    project.write(
      'importer.ts',
      "import { PeakFinder } from './peaks.js'; console.log('imported', PeakFinder.name);",
    );
    project.write('commonjs/package.json', '{ "type": "commonjs" }');
    project.write(
      'commonjs/peaks.js',
      `const { Processor, Reproducer, runReproducer } = require('kafka-reproducer');
      class PeakFinder { findPeaks() { return 1; } }
      Processor()(PeakFinder.prototype, 'findPeaks', Object.getOwnPropertyDescriptor(PeakFinder.prototype, 'findPeaks'));
      Reproducer('files', 'peaks')(PeakFinder);
      exports.PeakFinder = PeakFinder;
      runReproducer(PeakFinder, module).then(({ outcome, exitCode }) => console.log(outcome, exitCode));`,
    );
    project.write(
      'commonjs/importer.js',
      "const { PeakFinder } = require('./peaks.js'); console.log('imported', PeakFinder.name);",
    );
    symlinkSync(project.path('peaks.js'), project.path('link.js'));
    symlinkSync(project.path('peaks.ts'), project.path('link.ts'));
    symlinkSync(project.folder, project.path('same-folder'));
  });
  afterAll(() => project.remove());

  const programs: [string, string[]][] = [
    ['node file.js', ['peaks.js']],
    ['node through a symbolic link', ['link.js']],
    ['node through a linked folder', ['same-folder/peaks.js']],
    ['tsx file.ts', [tsx, 'peaks.ts']],
    ['tsx through a symbolic link', [tsx, 'link.ts']],
    ['node --import tsx file.ts', ['--import', 'tsx', 'peaks.ts']],
    ['node file.js of a CommonJS package', ['commonjs/peaks.js']],
    ['node file without its extension', ['commonjs/peaks']],
  ];
  for (const [name, args] of programs) {
    it(`runs under ${name}`, async () => {
      const { stdout, stderr, code } = await project.node(...args, '--version');
      expect(stdout, stderr).toMatch(ran);
      expect(code).toBe(0);
    });
  }

  const importers: [string, string[]][] = [
    ['a JavaScript module', ['importer.js']],
    ['a TypeScript module', [tsx, 'importer.ts']],
    ['a CommonJS module', ['commonjs/importer.js']],
  ];
  for (const [name, args] of importers) {
    it(`does not run when it is imported by ${name}`, async () => {
      const { stdout, stderr, code } = await project.node(...args, '--version');
      expect(stdout.split('\n').sort(), stderr).toEqual(['', 'imported PeakFinder', 'not-run 0']);
      expect(code).toBe(0);
    });
  }
});
