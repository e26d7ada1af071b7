import { partitionsOf, type OpenFile } from './open-file.js';
import type { EndedVersion } from './recent-outcomes.js';

/**
 * What must go when partitions are lost: the files with a chunk there, and with them every partition that has another chunk
 * of such a file, because that partition was read past it; and so on. The same for versions that ended and are not
 * committed.
 *
 * Where each file lies in one partition these are just the files of the lost partitions; where chunks are scattered it is
 * soon all.
 */
export function reachFrom(
  lost: readonly number[],
  openFiles: Iterable<OpenFile>,
  ended: readonly EndedVersion[],
): { files: ReadonlySet<OpenFile>; partitions: ReadonlySet<number> } {
  const partitions = new Set(lost);
  const files = new Set<OpenFile>();
  let rest = [
    ...[...openFiles].map(file => ({ file, its: partitionsOf(file) })),
    ...ended.map(({ partitions: its }) => ({ file: undefined, its })),
  ];
  for (let hasGrown = true; hasGrown;) {
    hasGrown = false;
    rest = rest.filter(({ file, its }) => {
      if (!its.some(partition => partitions.has(partition))) return true;
      if (file !== undefined) files.add(file);
      for (const partition of its) {
        hasGrown ||= !partitions.has(partition);
        partitions.add(partition);
      }
      return false;
    });
  }
  return { files, partitions };
}
