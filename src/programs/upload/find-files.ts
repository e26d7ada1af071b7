import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import { UnsafePathError } from '../../errors.js';
import { safeFilePath, type SafeFilePath } from '../../wire/safe-file-path.js';
import { isIgnored, type PathFilter } from './path-filter.js';
import type { SourceFile } from './upload-outcome.js';

export interface FoundFile extends SourceFile {
  readonly sizeBytes: number;
}

export interface UnusableFile {
  readonly localPath: string;
  readonly reason: string;
}

export interface FoundFiles {
  readonly files: readonly FoundFile[];
  /** What is wrong with the arguments; nothing may be sent then. */
  readonly problems: readonly string[];
  /** What lies in a folder that was given and cannot be uploaded, with the reason. */
  readonly unusable: readonly UnusableFile[];
}

export interface FindOptions {
  readonly cwd: string;
  /** What paths are relative to; default: the folder of a file, and the folder itself where one is given. */
  readonly root?: string;
  readonly filter: PathFilter;
}

/**
 * Finds the files that are named, and those in the folders that are named, at any depth.
 *
 * A link to a file counts as that file. A link to a folder is followed only where it is named itself: what it leads to may hold
 * the link.
 */
export async function findFiles(named: readonly string[], options: FindOptions): Promise<FoundFiles> {
  const found = new Collected(options);
  for (const name of named) await found.addNamed(name);
  return found.result();
}

class Collected {
  readonly #options: FindOptions;
  readonly #root: string | undefined;
  readonly #files = new Map<string, FoundFile>();
  readonly #problems: string[] = [];
  readonly #unusable: UnusableFile[] = [];

  constructor(options: FindOptions) {
    this.#options = options;
    this.#root = options.root === undefined ? undefined : resolve(options.cwd, options.root);
  }

  result(): FoundFiles {
    return { files: [...this.#files.values()], problems: this.#problems, unusable: this.#unusable };
  }

  async addNamed(name: string): Promise<void> {
    const local = resolve(this.#options.cwd, name);
    try {
      const stats = await stat(local);
      if (stats.isDirectory()) await this.#addFolder(local, this.#root ?? local, name);
      else if (stats.isFile()) this.#addFile(local, this.#root, stats.size, name);
      else this.#problems.push(`${name}: is neither a file nor a folder`);
    } catch (error) {
      this.#problems.push(`${name}: ${reasonOf(error)}`);
    }
  }

  async #addFolder(folder: string, root: string, named?: string): Promise<void> {
    const entries = await readdir(folder, { withFileTypes: true });
    entries.sort((one, other) => (one.name < other.name ? -1 : 1));
    for (const entry of entries) {
      const local = join(folder, entry.name);
      if (isIgnored(pathWithin(root, local), this.#options.filter)) continue;
      try {
        if (entry.isDirectory()) await this.#addFolder(local, root);
        else if (entry.isFile() || entry.isSymbolicLink()) await this.#addEntry(local, root);
      } catch (error) {
        this.#unusable.push({ localPath: local, reason: reasonOf(error) });
      }
    }
    if (named !== undefined && !isWithin(root, folder)) this.#problems.push(outside(named, root));
  }

  async #addEntry(local: string, root: string): Promise<void> {
    const stats = await stat(local);
    if (stats.isFile()) this.#addFile(local, root, stats.size);
  }

  /** @param named as it was named on the command line; undefined: it lies in a folder that was */
  #addFile(local: string, root: string | undefined, sizeBytes: number, named?: string): void {
    if (root !== undefined && !isWithin(root, local)) {
      this.#problems.push(outside(named ?? local, root));
      return;
    }
    const target = targetOf(root === undefined ? basename(local) : pathWithin(root, local));
    if (typeof target === 'string') {
      if (named === undefined) this.#unusable.push({ localPath: local, reason: target });
      else this.#problems.push(`${named}: ${target}`);
      return;
    }
    const { match } = this.#options.filter;
    if (match !== undefined && !match.test(target.path)) return;
    const other = this.#files.get(target.path);
    if (other !== undefined && other.localPath !== local)
      this.#problems.push(
        `${named ?? local}: would arrive as ${target.path}, as would ${other.localPath}; give --root FOLDER to keep their folders`,
      );
    this.#files.set(target.path, { target, localPath: local, sizeBytes });
  }
}

/** @returns the reason when no reader would take a file of this path */
export function targetOf(path: string): SafeFilePath | string {
  const slash = path.lastIndexOf('/');
  try {
    return safeFilePath(path.slice(0, Math.max(slash, 0)), path.slice(slash + 1));
  } catch (error) {
    if (error instanceof UnsafePathError) return error.message;
    throw error;
  }
}

/** Relative, with `/`. */
export function pathWithin(root: string, local: string): string {
  const path = relative(root, local);
  return sep === '/' ? path : path.split(sep).join('/');
}

function isWithin(root: string, local: string): boolean {
  const path = relative(root, local);
  return path !== '..' && !path.startsWith(`..${sep}`);
}

function outside(named: string, root: string): string {
  return `${named}: does not lie in --root ${root}`;
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by this user';
  return message;
}
