import { readFileSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import { ConfigError } from '../../errors.js';
import type { Environment } from '../read-environment.js';
import { placeOf, type ConfigDocument, type ReadDocument } from './config-document.js';
import { readIni } from './read-ini.js';
import { readJson, readToml, readYaml } from './read-structured.js';

/** Reads a file as text; throws as `readFileSync` does. */
export type ReadFile = (path: string) => string;

export const readFileFromDisk: ReadFile = path => readFileSync(path, 'utf8');

const readers: Readonly<Record<string, (text: string) => ReadDocument>> = {
  '.config': readIni,
  '.conf': readIni,
  '.ini': readIni,
  '.cfg': readIni,
  '.yaml': readYaml,
  '.yml': readYaml,
  '.json': readJson,
  '.toml': readToml,
};

/**
 * Finds and reads the configuration file.
 *
 * As in OpenMSIStream, a name without any dot gets `.config` appended, and a file that is not in the working directory is
 * looked for in the folder that `OPENMSISTREAM_CONFIG_FILE_DIR` names.
 *
 * @returns lines that cannot be read are told in `problems`, beside all others
 * @throws {ConfigError} there is no such file, or it cannot be read at all
 */
export function loadConfigFile(
  name: string,
  places: { cwd: string; env: Environment; readFile: ReadFile },
): ConfigDocument {
  const path = name.includes('.') ? name : `${name}.config`;
  const reader = readers[extname(path).toLowerCase()];
  if (reader === undefined) {
    checkNoFolder(name, places);
    throw new ConfigError(
      `--config ${path}: the format is told by the extension, which must be one of ${Object.keys(readers).join(', ')}`,
    );
  }
  const { sections, entries, problems } = reader(readFirst(name, path, places));
  const texts = problems.map(({ line, text }) => `${placeOf(path, line)}: ${text}`);
  return { path, sections, entries, problems: texts };
}

/** @throws {ConfigError} the name, as it was given, is that of a folder */
function checkNoFolder(name: string, { cwd, readFile }: { cwd: string; readFile: ReadFile }): void {
  try {
    readFile(resolve(cwd, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EISDIR')
      throw new ConfigError(`--config ${name} is a folder: name the configuration file`);
  }
}

/** @param name as it was given; `path` may have an extension more */
function readFirst(
  name: string,
  path: string,
  places: { cwd: string; env: Environment; readFile: ReadFile },
): string {
  const folder = places.env['OPENMSISTREAM_CONFIG_FILE_DIR'];
  const candidates = [resolve(places.cwd, path)];
  if (folder !== undefined && folder !== '') candidates.push(resolve(folder, basename(path)));
  for (const candidate of candidates) {
    try {
      return places.readFile(candidate);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EISDIR')
        throw new ConfigError(`--config ${path} is a folder: name the configuration file`);
      if (code !== 'ENOENT') {
        throw new ConfigError(`--config ${path}: cannot read ${candidate}: ${(error as Error).message}`, {
          cause: error,
        });
      }
    }
  }
  checkNoFolder(name, places);
  throw new ConfigError(`--config ${path}: there is no such file; looked for ${candidates.join(' and ')}`);
}
