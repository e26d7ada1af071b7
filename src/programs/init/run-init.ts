import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { packageSource, type PackageSource } from './package-source.js';
import { moduleName, projectFiles } from './project-files.js';

/** The flags of `reproducer init` as they were typed. */
export interface InitFlags {
  readonly class?: string;
  readonly package?: string;
}

/**
 * Makes a new project in a folder that is empty or does not exist.
 *
 * @returns the exit code: 0, 2 wrong use
 */
export function runInit(folder: string, flags: InitFlags): number {
  const target = resolve(folder);
  const className = flags.class ?? 'LineCounter';
  const source = packageSource(flags.package, { target, cwd: process.cwd() });
  const problems = [
    ...classProblems(className),
    ...folderProblems(folder, target),
    ...(typeof source === 'string' ? [source] : []),
  ];
  if (typeof source === 'string' || problems.length > 0) {
    process.stderr.write(`${problems.join('\n')}\n`);
    return 2;
  }
  const files = projectFiles({ project: basename(target), className, packageSpec: source.spec });
  try {
    mkdirSync(target, { recursive: true });
    // Never over a file that somebody made meanwhile.
    for (const [name, text] of Object.entries(files)) writeFileSync(join(target, name), text, { flag: 'wx' });
  } catch (error) {
    process.stderr.write(`${folder} cannot be made: ${(error as Error).message}\n`);
    return 2;
  }
  process.stdout.write(
    `${folder} holds ${moduleName(className)}.ts, a test of it, worker.config and README.md.\n` +
      `npm install takes kafka-reproducer from ${placeOf(source)}.\n` +
      `Next: cd ${folder} && npm install && npm test\n`,
  );
  return 0;
}

function placeOf({ spec, isFromRegistry }: PackageSource): string {
  if (!isFromRegistry) return spec;
  return `the registry (${spec}); if it is not there, give --package with what npm pack makes in a checkout`;
}

function classProblems(className: string): string[] {
  if (/^[A-Z][A-Za-z0-9]*$/.test(className)) return [];
  return [`--class must be the name of a class, such as PeakFinder; found "${className}"`];
}

function folderProblems(folder: string, target: string): string[] {
  try {
    const names = readdirSync(target).filter(name => name !== '.git' && name !== 'node_modules');
    if (names.length === 0) return [];
    return [`${folder} is not empty (${names.slice(0, 3).join(', ')}): name a new folder`];
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    return [code === 'ENOTDIR' ? `${folder} is a file: name a new folder` : message];
  }
}
