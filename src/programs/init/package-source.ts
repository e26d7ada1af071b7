import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot, packageVersion } from '../../package-version.js';

/** Where a new project takes this package from. */
export interface PackageSource {
  /** As it stands in the dependencies of package.json. */
  readonly spec: string;
  readonly isFromRegistry: boolean;
}

interface Places {
  /** The folder of the new project. */
  readonly target: string;
  readonly cwd: string;
  /** The folder of this package; for tests. */
  readonly root?: string;
}

const name = 'kafka-reproducer';

/**
 * What was given, or where this package itself comes from: the registry need not have it.
 *
 * @param given what npm takes: a file or folder, seen from the current directory, or a version, tag or address
 * @returns a text: why it cannot be
 */
export function packageSource(given: string | undefined, places: Places): PackageSource | string {
  if (given === undefined) return ownSource(places);
  const path = localPath(given, places.cwd);
  if (path === undefined) return { spec: given, isFromRegistry: !given.includes(':') };
  if (!existsSync(path))
    return `--package ${given}: there is no ${path}; it is looked for from the current directory`;
  if (statSync(path).isDirectory() && !existsSync(join(path, 'package.json')))
    return `--package ${given}: there is no package.json in this folder; name what npm pack made, or a checkout`;
  return fromDisk(path, places, isAbsolute(given.replace(/^file:/, '')));
}

/** A checkout, or what the project says in which this package is installed. npx makes such a project as well. */
function ownSource(places: Places): PackageSource {
  const registry = { spec: `^${packageVersion()}`, isFromRegistry: true };
  const root = places.root ?? packageRoot();
  if (root === undefined) return registry;
  const modules = dirname(root);
  if (basename(modules) !== 'node_modules') return fromDisk(root, places);
  const holder = dirname(modules);
  const spec = dependencyOf(holder);
  const path = spec === undefined ? undefined : localPath(spec, holder);
  if (path !== undefined && existsSync(path)) return fromDisk(path, places);
  return spec?.includes('://') === true ? { spec, isFromRegistry: false } : registry;
}

function dependencyOf(folder: string): string | undefined {
  try {
    const text = readFileSync(join(folder, 'package.json'), 'utf8');
    const { dependencies, devDependencies } = JSON.parse(text) as Record<
      string,
      Record<string, string> | undefined
    >;
    return dependencies?.[name] ?? devDependencies?.[name];
  } catch {
    return undefined;
  }
}

/** The path of what npm takes for a file or folder. */
function localPath(spec: string, from: string): string | undefined {
  if (spec.startsWith('file://')) return fileURLToPath(spec);
  if (spec.startsWith('file:')) return resolve(from, spec.slice('file:'.length));
  const isPath =
    /^\.{0,2}[/\\]|^\.{1,2}$/.test(spec) || (/\.(tgz|tar\.gz|tar)$/.test(spec) && !spec.includes('://'));
  return isPath ? resolve(from, spec) : undefined;
}

/** Relative to the project, so that both can be moved together, unless somebody wants it otherwise. */
function fromDisk(path: string, { target }: Places, isAbsolutePath = false): PackageSource {
  const shown = isAbsolutePath ? path : relative(target, path);
  return { spec: `file:${shown.split(sep).join('/')}`, isFromRegistry: false };
}
