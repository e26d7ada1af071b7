import type { SentChunk } from './chunk-sender.js';
import type { SentFile } from './sent-file.js';
import { resultsByPath } from './result-account.js';
import { committedOffsets, endOffsets, withAdmin } from './topics.js';
import type { ReadMessage } from './topic-reader.js';
import type { LogLine } from './worker-process.js';

/** The state that a killed worker left behind, as the broker tells it. */
export interface CrashCut {
  /** Files that have no result. */
  readonly unfinished: ReadonlySet<string>;
  /** Results that were readable. */
  readonly resultCount: number;
  readonly committed: ReadonlyMap<number, bigint>;
  /** Next offset to be written of each partition of the chunks' topic. */
  readonly ends: ReadonlyMap<number, bigint>;
}

export async function crashCut(
  brokers: readonly string[],
  groupId: string,
  topic: string,
  files: readonly SentFile[],
  results: readonly ReadMessage[],
): Promise<CrashCut> {
  const byPath = resultsByPath(results);
  const unfinished = new Set(files.map(({ path }) => path).filter(path => !byPath.has(path)));
  return withAdmin(brokers, async admin => ({
    unfinished,
    resultCount: results.length,
    committed: await committedOffsets(admin, groupId, topic),
    ends: await endOffsets(admin, topic),
  }));
}

/** Chunks of unfinished files that a restart would never read: each one is a file lost. */
export function lostByCommit(cut: CrashCut, sent: readonly SentChunk[]): SentChunk[] {
  return sent.filter(
    ({ path, partition, offset }) =>
      cut.unfinished.has(path) && offset < (cut.committed.get(partition) ?? 0n),
  );
}

/** What a restart may read again: what lies above the committed offsets and belongs to files that were not finished. */
export interface RereadBound {
  readonly files: number;
  readonly bytes: number;
  /** All bytes between the committed offsets and the end of the topic. */
  readonly bytesAboveCommit: number;
}

/**
 * @param later results that came after the cut. A file that had a result and got a second one had not been committed when
 *   the worker was killed: it counts as unfinished, rightly.
 */
export function rereadBound(
  cut: CrashCut,
  sent: readonly SentChunk[],
  later: readonly ReadMessage[],
): RereadBound {
  const repeated = new Set(resultsByPath(later).keys());
  const above = sent.filter(
    ({ partition, offset }) =>
      offset >= (cut.committed.get(partition) ?? 0n) && offset < (cut.ends.get(partition) ?? 0n),
  );
  const allowed = above.filter(({ path }) => cut.unfinished.has(path) || repeated.has(path));
  const sum = (chunks: readonly SentChunk[]): number =>
    chunks.reduce((bytes, { byteLength }) => bytes + byteLength, 0);
  return {
    files: new Set(allowed.map(({ path }) => path)).size,
    bytes: sum(allowed),
    bytesAboveCommit: sum(above),
  };
}

/** What the worker says about its restart; undefined when it was killed before it had caught up. */
export function reportedReread(
  lines: readonly LogLine[],
): { files: number; bytes: number; skippedBytes: number } | undefined {
  const line = lines.find(({ kind }) => kind === 'caught-up-with-earlier-run');
  if (line === undefined) return undefined;
  return {
    files: Number(line['rereadFileCount']),
    bytes: Number(line['rereadBytes']),
    skippedBytes: Number(line['skippedBytes']),
  };
}
