import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '../errors.js';

/** `import.meta` of an ES module, or `module` of a CommonJS one. */
export type EntryModule = { readonly url: string } | { readonly filename: string };

/** What of the process decides the question; a test passes its own. */
export interface ProgramLocation {
  /** `process.argv[1]`: the program being executed, as given; undefined in a REPL and under `node -e`. */
  readonly program: string | undefined;
  readonly platform: NodeJS.Platform;
  /** The path without symbolic links; throws when there is no such file. */
  readonly realPath: (path: string) => string;
  /** The file that Node would load for a path that lacks its extension or names a folder; throws when there is none. */
  readonly resolvePath: (path: string) => string;
}

/**
 * Whether a module is the program being executed: `node file.js`, `tsx file.ts`, `node --import tsx file.ts`, also through
 * symbolic links and without the extension.
 *
 * Paths are compared, not `import.meta.main`: that exists only since Node 24 and means the loader's module in some tools.
 *
 * @throws {ConfigError} the value is neither: some bundlers make an empty object of `import.meta`, and a worker that
 *   silently does nothing is worse than an error.
 */
export function isEntryModule(entry: EntryModule, location: ProgramLocation = thisProcess()): boolean {
  const path = pathOf(entry, location.platform);
  if (path === undefined) return false;
  const wanted = comparable(path, location);
  return programPaths(location).some(candidate => comparable(candidate, location) === wanted);
}

function thisProcess(): ProgramLocation {
  return {
    program: process.argv[1],
    platform: process.platform,
    realPath: realpathSync.native,
    resolvePath: path => createRequire(import.meta.url).resolve(path),
  };
}

/** Undefined for a module that is no file: `data:`, `node:`. */
function pathOf(entry: EntryModule, platform: NodeJS.Platform): string | undefined {
  const given: { url?: unknown; filename?: unknown } = entry;
  // Before `filename`, which `import.meta` has too in newer versions of Node.
  if (typeof given.url === 'string') {
    return given.url.startsWith('file:') ? pathOfFileUrl(given.url, platform) : undefined;
  }
  if (typeof given.filename === 'string') return given.filename;
  throw new ConfigError(
    'runReproducer(Class, entry): entry must be import.meta or module, found neither a url nor a filename in it; ' +
      'a bundler that writes CommonJS may have emptied import.meta: pass module there, or nothing to run in any case',
  );
}

function pathOfFileUrl(url: string, platform: NodeJS.Platform): string {
  if (platform === process.platform) return fileURLToPath(url);
  const path = decodeURIComponent(new URL(url).pathname);
  return platform === 'win32' ? path.replace(/^\/(?=[A-Za-z]:)/, '').replaceAll('/', '\\') : path;
}

const extensions = ['', '.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '.tsx', '.jsx'];

/** Everything that the program's path may mean: `node worker` runs worker.js, `node .` what package.json names. */
function programPaths({ program, platform, resolvePath }: ProgramLocation): string[] {
  if (program === undefined || program === '') return [];
  const absolute = platform === process.platform ? resolve(program) : program;
  const candidates = extensions.map(extension => absolute + extension);
  try {
    candidates.push(resolvePath(absolute));
  } catch {
    // Not a file that `require` knows; the extensions above cover TypeScript.
  }
  return candidates;
}

function comparable(path: string, { realPath, platform }: ProgramLocation): string {
  let real = path;
  try {
    real = realPath(path);
  } catch {
    // It may have been removed since it was loaded; its name still says which one it was.
  }
  return platform === 'win32' ? real.replaceAll('/', '\\').toLowerCase() : real;
}
