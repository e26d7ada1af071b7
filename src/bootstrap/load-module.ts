import { existsSync, statSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  isMissingLegacyDecorators,
  legacyDecoratorsAdvice,
} from '../definition/missing-legacy-decorators.js';
import { ConfigError, UsageError } from '../errors.js';

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
  if (!isModuleName(path)) {
    throw new ConfigError(
      `${file} is no module: expected a file that ends in ${[...typeScript, ...javaScript].join(', ')}`,
    );
  }
  if (typeScript.includes(extension) || extension === '.jsx') {
    // tsx looks in the current directory by default, and a class run from elsewhere would get other decorators.
    const config = nearestConfig(dirname(path));
    if (config !== undefined) process.env.TSX_TSCONFIG_PATH ??= config;
    await registerTypeScript();
  }
  return importModule(path, file);
}

/** Whether a file of this name can hold a class. */
export function isModuleName(name: string): boolean {
  return [...typeScript, ...javaScript].includes(extname(name));
}

/**
 * Imports a module that this program, or the one that started it, has imported before.
 *
 * @param registersTypeScript Node cannot import TypeScript yet, and the module is written in it, or may import it
 * @throws {ConfigError} loading it throws (`cause`)
 */
export async function loadModuleAgain(path: string, registersTypeScript: boolean): Promise<ModuleExports> {
  if (registersTypeScript) await registerTypeScript();
  return importModule(path, path);
}

async function importModule(path: string, shown: string): Promise<ModuleExports> {
  try {
    return (await import(pathToFileURL(path).href)) as ModuleExports;
  } catch (cause) {
    if (isMissingLegacyDecorators(cause))
      throw new ConfigError(`${shown} cannot be loaded: ${legacyDecoratorsAdvice}`);
    // It says where; the stack would only say the same again.
    if (isUsageError(cause)) throw new ConfigError(cause.problems, { heading: `${shown} cannot be loaded:` });
    throw new ConfigError(`${shown} cannot be loaded: ${firstLine(cause)}`, { cause });
  }
}

export function isTypeScript(path: string): boolean {
  return typeScript.includes(extname(path));
}

/** The exports of a CommonJS module are those of its default too. */
export function allExports(exported: ModuleExports): ModuleExports {
  const inner = exported.default;
  return typeof inner === 'object' && inner !== null ? { ...inner, ...exported } : exported;
}

let hasRegistered = false;

/** Whether TypeScript can be imported here because of this module, and not because of a flag of the program. */
export function hasRegisteredTypeScript(): boolean {
  return hasRegistered;
}

/** Lets Node import TypeScript, as the tsconfig.json says that `TSX_TSCONFIG_PATH` names, or that of the current directory. */
async function registerTypeScript(): Promise<void> {
  hasRegistered = true;
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

/** Of this copy of the package, or of the one that the module imports. */
function isUsageError(error: unknown): error is UsageError {
  return error instanceof UsageError || (error instanceof Error && error.name === 'DecoratorUsageError');
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.split('\n', 1)[0]!;
}
