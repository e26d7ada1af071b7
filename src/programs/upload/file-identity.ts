import type { BigIntStats } from 'node:fs';

/** What tells one state of a file from another without reading it. */
export interface FileIdentity {
  readonly sizeBytes: number;
  /** Last change of the content, in nanoseconds since 1970. */
  readonly modifiedNs: bigint;
  /** Number of the file on its disk: another one when the file was replaced by renaming. */
  readonly inode: bigint;
}

export function identityOf(stats: Pick<BigIntStats, 'size' | 'mtimeNs' | 'ino'>): FileIdentity {
  return { sizeBytes: Number(stats.size), modifiedNs: stats.mtimeNs, inode: stats.ino };
}

export function isSameIdentity(one: FileIdentity, other: FileIdentity): boolean {
  return (
    one.sizeBytes === other.sizeBytes && one.modifiedNs === other.modifiedNs && one.inode === other.inode
  );
}

/** Seconds since 1970 as Python computes them for a file, so that the chunks are equal byte for byte. */
export function modifiedAtSeconds({ modifiedNs }: FileIdentity): number {
  const second = 1_000_000_000n;
  // Rounded down, also before 1970.
  const rest = ((modifiedNs % second) + second) % second;
  return Number((modifiedNs - rest) / second) + 1e-9 * Number(rest);
}
