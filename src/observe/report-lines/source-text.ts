import type { FileSource } from '../../processing/data-file.js';

/** Where the chunks of a file lie: `raw[0]@12-14, raw[2]@7`. */
export function sourceText(source: FileSource): string {
  return source.partitions
    .map(({ partition, firstOffset, lastOffset }) => {
      const range = firstOffset === lastOffset ? firstOffset : `${firstOffset}-${lastOffset}`;
      return `${source.topic}[${partition}]@${range}`;
    })
    .join(', ');
}

/** `partition 3`, `partitions 0,2`. */
export function partitionsText(partitions: readonly number[]): string {
  return `partition${partitions.length === 1 ? '' : 's'} ${partitions.join(',')}`;
}
