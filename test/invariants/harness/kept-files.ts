import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { SentFile } from './sent-file.js';

/** What is below a folder but part files: paths relative to it, with `/`. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(entry => !entry.isDirectory())
    .map(entry => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter(path => !path.startsWith('.reproducer-parts/'))
    .sort();
}

/** Part files below an output directory. */
export function partFilesBelow(folder: string): string[] {
  const parts = join(folder, '.reproducer-parts');
  if (!isThere(parts)) return [];
  return readdirSync(parts, { recursive: true }).filter(path =>
    statSync(join(parts, String(path))).isFile(),
  ) as string[];
}

/** One sentence for each file under a final name that is not what was uploaded. */
export function brokenFiles(folder: string, files: readonly SentFile[]): string[] {
  return filesBelow(folder).flatMap(path => {
    const file = files.find(each => each.path === path);
    if (file === undefined) return [`${path} was never uploaded`];
    const found = createHash('sha256')
      .update(readFileSync(join(folder, path)))
      .digest('hex');
    return found === file.sha256 ? [] : [`${path} is not the file that was uploaded`];
  });
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
