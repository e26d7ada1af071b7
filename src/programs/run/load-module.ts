import { existsSync, statSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  isMissingLegacyDecorators,
  legacyDecoratorsAdvice,
} from '../../definition/missing-legacy-decorators.js';
import { ConfigError } from '../../errors.js';

const typeScript = ['.ts', '.mts', '.cts', '.tsx'];
const javaScript = ['.js', '.mjs', '.cjs', '.jsx'];

/** What a module exports, by name. */
export type ModuleExports = Readonly<Record<string, unknown>>;

/**
 * Imports a user's module, TypeScript included.
 *
 * @param file path, relative to the current directory
 * @throws {ConfigError} there is no such file, it is no module, or loading it throws (`cause`)
 */
export async function loadModule(file: string): Promise<ModuleExports> {
  const path = resolve(file);
  const extension = extname(path);
  if (!existsSync(path)) throw new ConfigError(`${file}: no such file${similarFile(path)}`);
  if (!statSync(path).isFile()) throw new ConfigError(`${file} is a folder: name the file with the class`);
  if (![...typeScript, ...javaScript].includes(extension)) {
    throw new ConfigError(
      `${file} is no module: expected a file that ends in ${[...typeScript, ...javaScript].join(', ')}`,
    );
  }
  if (typeScript.includes(extension) || extension === '.jsx') await registerTypeScript(path);
  try {
    return (await import(pathToFileURL(path).href)) as ModuleExports;
  } catch (cause) {
    if (isMissingLegacyDecorators(cause))
      throw new ConfigError(`${file} cannot be loaded: ${legacyDecoratorsAdvice}`);
    throw new ConfigError(`${file} cannot be loaded: ${firstLine(cause)}`, { cause });
  }
}

/** Lets Node import TypeScript, as the tsconfig.json next to the file (or above it) says. */
async function registerTypeScript(path: string): Promise<void> {
  // tsx looks in the current directory by default, and a class run from elsewhere would get other decorators.
  const config = nearestConfig(dirname(path));
  if (config !== undefined) process.env.TSX_TSCONFIG_PATH ??= config;
  const [esm, cjs] = await Promise.all([import('tsx/esm/api'), import('tsx/cjs/api')]);
  esm.register();
  // For packages without "type": "module".
  cjs.register();
}

function nearestConfig(folder: string): string | undefined {
  const path = join(folder, 'tsconfig.json');
  if (existsSync(path)) return path;
  const parent = dirname(folder);
  return parent === folder ? undefined : nearestConfig(parent);
}

/** People type the name without its extension, or with that of the other language. */
function similarFile(path: string): string {
  const stem = path.slice(0, path.length - extname(path).length);
  const found = [...typeScript, ...javaScript]
    .flatMap(extension => [path + extension, stem + extension])
    .find(candidate => existsSync(candidate));
  return found === undefined ? '' : `; did you mean ${found}?`;
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.split('\n', 1)[0]!;
}
