import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '../../errors.js';
import type { EntryModule } from '../entry-module.js';

/** A module, as a program names it. */
export type ModuleLocation = EntryModule | URL | string;

/** What a program says of the class, for who makes further instances of it. */
export interface ClassSource {
  readonly className: string;
  readonly module?: ModuleLocation;
  /** The instance was made by a function of the program. */
  readonly hasCreate: boolean;
}

/**
 * Finds the file that children load to find the class in it.
 *
 * @param program `process.argv[1]`, where the program says nothing
 * @throws {ConfigError} there is no such file to be known; says what to do
 */
export function classModule(
  { className, module }: ClassSource,
  program: string | undefined = process.argv[1],
): string {
  if (module !== undefined) return pathOf(module);
  if (program === undefined || program === '') throw unknown(className, 'this process runs no file');
  const path = resolve(program);
  // A test runner, or another tool that runs modules: loading it again would run it again.
  if (path.includes(`${sep}node_modules${sep}`))
    throw unknown(className, `the program is ${path}, a tool that loaded the module with the class`);
  const found = resolved(path);
  if (found === undefined) throw unknown(className, 'this process runs no file');
  return found;
}

/** With the extension that a program may be started without. */
function resolved(path: string): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(path);
  } catch {
    return existsSync(path) ? path : undefined;
  }
}

function pathOf(given: ModuleLocation): string {
  if (typeof given === 'string') {
    if (given.startsWith('file:')) return fileURLToPath(given);
    if (isAbsolute(given)) return given;
    throw new ConfigError(
      `module must be import.meta, module, a file: URL or an absolute path; found ${JSON.stringify(given)}`,
    );
  }
  if ('url' in given && typeof given.url === 'string') return pathOf(given.url);
  if ('href' in given) return pathOf(given.href);
  if ('filename' in given && typeof given.filename === 'string') return given.filename;
  throw new ConfigError('module must be import.meta, module, a file: URL or an absolute path');
}

function unknown(className: string, why: string): ConfigError {
  return new ConfigError(
    `--isolation: the threads or processes that call the method load the module with ${className}, and which one that is is not known: ${why}. ` +
      `Put ${className} into a module of its own that exports it, and name that one in the options: module: new URL('./${fileNameOf(className)}', import.meta.url), ` +
      'or module: import.meta if it is this one',
  );
}

function fileNameOf(className: string): string {
  return `${className.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase() || 'my-class'}.js`;
}
