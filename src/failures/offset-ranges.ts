/** Where records lie on a topic: `12-14,17` are the offsets 12, 13, 14 and 17 of the partition. */
export interface PartitionRanges {
  readonly partition: number;
  readonly offsets: string;
}

/** Both ends belong to it. */
export interface OffsetRange {
  readonly first: bigint;
  readonly last: bigint;
}

/** So many ranges keep a dead letter below 64 KiB. */
const maxRanges = 2_000;
const rangePattern = /^(\d+)(?:-(\d+))?$/;

/**
 * Describes positions as ranges, ascending.
 *
 * A file whose chunks lie between those of many others has as many ranges as chunks. Above `limit` the ranges with the least between
 * them become one: they then also cover records of other files, which whoever reads them must tell apart by their content.
 */
export function rangesOf(
  positions: Iterable<{ readonly partition: number; readonly offset: bigint }>,
  limit: number = maxRanges,
): PartitionRanges[] {
  const byPartition = new Map<number, bigint[]>();
  for (const { partition, offset } of positions) {
    const offsets = byPartition.get(partition);
    if (offsets === undefined) byPartition.set(partition, [offset]);
    else offsets.push(offset);
  }
  const each = Math.max(1, Math.floor(limit / Math.max(1, byPartition.size)));
  return [...byPartition]
    .sort(([a], [b]) => a - b)
    .map(([partition, offsets]) => ({ partition, offsets: textOf(joined(runsOf(offsets), each)) }));
}

/** @throws {RangeError} it is no list of ranges */
export function parseRanges(text: string): OffsetRange[] {
  return text.split(',').map(part => {
    const [, first, last = first] = rangePattern.exec(part) ?? [];
    if (first === undefined || BigInt(last!) < BigInt(first))
      throw new RangeError(`not a range of offsets: expected "12" or "12-14", found "${part}"`);
    return { first: BigInt(first), last: BigInt(last!) };
  });
}

/** Whether a value from outside is where something lies: at least one place, each of which can be read. */
export function isPartitionRanges(value: unknown): value is readonly PartitionRanges[] {
  if (!Array.isArray(value) || value.length === 0) return false;
  return value.every((place: Partial<PartitionRanges> | null) => {
    if (!Number.isSafeInteger(place?.partition) || place!.partition! < 0) return false;
    if (typeof place!.offsets !== 'string') return false;
    try {
      return parseRanges(place!.offsets).length > 0;
    } catch {
      return false;
    }
  });
}

/** How many records that are. */
export function offsetCount(places: readonly PartitionRanges[]): bigint {
  const ranges = places.flatMap(({ offsets }) => parseRanges(offsets));
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1n, 0n);
}

interface Run {
  first: bigint;
  last: bigint;
}

function runsOf(offsets: bigint[]): Run[] {
  const runs: Run[] = [];
  for (const offset of offsets.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))) {
    const last = runs.at(-1);
    if (last !== undefined && offset <= last.last + 1n) last.last = offset;
    else runs.push({ first: offset, last: offset });
  }
  return runs;
}

function joined(runs: readonly Run[], limit: number): readonly Run[] {
  if (runs.length <= limit) return runs;
  const gaps = runs.slice(1).map((run, at) => ({ at: at + 1, gap: run.first - runs[at]!.last }));
  gaps.sort((a, b) => (a.gap < b.gap ? 1 : a.gap > b.gap ? -1 : 0));
  const kept = new Set(gaps.slice(0, limit - 1).map(({ at }) => at));
  const fewer: Run[] = [];
  for (const [at, run] of runs.entries()) {
    if (at === 0 || kept.has(at)) fewer.push({ ...run });
    else fewer.at(-1)!.last = run.last;
  }
  return fewer;
}

function textOf(runs: readonly Run[]): string {
  return runs.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}
