import type { ChunkPosition } from '../../assembly/held-chunk.js';

const maxRanges = 10;

/**
 * Says which records of a file that was set aside are gone: `raw[0]@12-14, raw[2]@7`.
 *
 * @param hasRest whether the file only lacks these
 */
export function lostText(missing: readonly ChunkPosition[], topic: string, hasRest: boolean): string {
  const inOrder = [...missing].sort((a, b) => a.partition - b.partition || Number(a.offset - b.offset));
  const ranges: { partition: number; first: bigint; last: bigint }[] = [];
  for (const { partition, offset } of inOrder) {
    const last = ranges.at(-1);
    if (last?.partition === partition && offset === last.last + 1n) last.last = offset;
    else ranges.push({ partition, first: offset, last: offset });
  }
  const texts = ranges
    .slice(0, maxRanges)
    .map(
      ({ partition, first, last }) => `${topic}[${partition}]@${first}${first === last ? '' : `-${last}`}`,
    );
  const more = ranges.length > maxRanges ? ' and others' : '';
  return (
    `DATA LOSS: ${hasRest ? '' : 'it was set aside until its rest comes, and '}${missing.length} of its chunks, at ` +
    `${texts.join(', ')}${more}, ${hasRest ? 'had to be read again, and ' : ''}` +
    'are no longer on the topic; retention removed them'
  );
}
