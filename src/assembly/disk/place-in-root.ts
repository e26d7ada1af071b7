import type { Stats } from 'node:fs';
import { lstat, mkdir, open, realpath, rename } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { UnsafePathError } from '../../errors.js';

/** What the file system says of a name that it will never take, whatever is done about space and rights. */
const nameErrors: ReadonlySet<string> = new Set([
  'ENAMETOOLONG',
  'ENOTDIR',
  'EISDIR',
  'ELOOP',
  'EINVAL',
  'EILSEQ',
  'EXDEV',
  'ENOTEMPTY',
]);

/**
 * Gives a file its final name below a root, for good: folders that are missing are made, an older file of that name is
 * replaced at once, and the name is on the disk itself when this returns.
 *
 * The text of the path was judged by `safeFilePath`; here it meets the disk. Symbolic links among its folders may stay below the
 * root, not lead out of it. The last name must be none: somebody made it for a purpose, and a message must not take it away.
 *
 * @param root as `realpath` gives it
 * @param path relative, from `safeFilePath`
 * @returns the absolute path
 * @throws {UnsafePathError} a link leads out of the root or has the file's name, a file lies where a folder is needed or the
 *   other way round, or the file system does not take such a name
 */
export async function placeInRoot(from: string, root: string, path: string): Promise<string> {
  try {
    const segments = path.split('/');
    const name = segments.pop()!;
    const folder = await makeFolders(root, segments, path);
    const target = join(folder, name);
    const inTheWay = await lstatIfThere(target);
    if (inTheWay?.isDirectory() === true) throw unsafe(path, `${target} is a folder`);
    if (inTheWay?.isSymbolicLink() === true) throw unsafe(path, `${target} is a symbolic link`);
    await rename(from, target);
    await syncFolder(folder);
    return target;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (nameErrors.has(code)) throw unsafe(path, 'the file system does not take such a name there', error);
    throw error;
  }
}

async function makeFolders(root: string, segments: readonly string[], path: string): Promise<string> {
  let folder = root;
  for (const segment of segments) {
    const parent = folder;
    folder = join(parent, segment);
    try {
      await mkdir(folder);
      await syncFolder(parent);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      folder = await existingFolder(root, folder, path);
    }
  }
  return folder;
}

async function existingFolder(root: string, folder: string, path: string): Promise<string> {
  const found = await lstat(folder);
  if (found.isDirectory()) return folder;
  if (!found.isSymbolicLink()) throw unsafe(path, `${folder} is a file where a folder is needed`);
  const real = await realpath(folder).catch((error: unknown) => {
    throw unsafe(path, `the symbolic link ${folder} leads nowhere`, error);
  });
  if (!real.startsWith(root.endsWith(sep) ? root : root + sep))
    throw unsafe(path, `the symbolic link ${folder} leads out of the output directory, to ${real}`);
  if ((await lstatIfThere(real))?.isDirectory() !== true)
    throw unsafe(path, `${folder} is a file where a folder is needed`);
  return real;
}

async function lstatIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** What was made or renamed in it survives a power cut. */
async function syncFolder(folder: string): Promise<void> {
  // Windows opens no folder.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function unsafe(path: string, problem: string, cause?: unknown): UnsafePathError {
  return new UnsafePathError(`${JSON.stringify(path)} cannot be kept: ${problem}`, { cause });
}
