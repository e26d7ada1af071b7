import type { ChunkPosition } from '../assembly/held-chunk.js';

/** The offsets of each partition, ascending and each once, as `readAt` of the driver takes them. */
export function offsetsByPartition(places: readonly ChunkPosition[]): ReadonlyMap<number, readonly bigint[]> {
  const byPartition = new Map<number, bigint[]>();
  for (const { partition, offset } of [...places].sort((a, b) => Number(a.offset - b.offset))) {
    const same = byPartition.get(partition);
    if (same === undefined) byPartition.set(partition, [offset]);
    else if (same.at(-1) !== offset) same.push(offset);
  }
  return byPartition;
}
