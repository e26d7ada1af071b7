import { statusOfGivenUp, type FileInProgress, type SucceededFile } from '../../registry/stream-rows.js';
import type { StatusFindings } from './read-status.js';

/**
 * The files that have no good end, in OpenMSIStream's words: those that are open or set aside, and those that failed.
 *
 * @param hasResults a reproducer tells why a file failed, a file processor does not
 */
export function* filesInProgress(
  { open, outcomes }: StatusFindings,
  hasResults: boolean,
): Iterable<FileInProgress> {
  for (const { path, chunkCount, firstTimestampMs, lastTimestampMs } of open) {
    const [firstMessageAt, lastMessageAt] = [new Date(firstTimestampMs), new Date(lastTimestampMs)];
    yield { path, status: 'in_progress', chunkCount, firstMessageAt, lastMessageAt };
  }
  for (const { path, chunkCount, lastChunkAt } of outcomes?.setAside ?? []) {
    const at = new Date(lastChunkAt);
    yield { path, status: 'in_progress', chunkCount, firstMessageAt: at, lastMessageAt: at };
  }
  for (const [path, { outcome, reason, chunkCount, firstChunkAt, endedAt }] of outcomes?.latest ?? []) {
    if (outcome === 'done') continue;
    const status = statusOfGivenUp(outcome, reason, hasResults);
    yield {
      path,
      status,
      chunkCount,
      firstMessageAt: new Date(firstChunkAt),
      lastMessageAt: new Date(endedAt),
    };
  }
}

/** The files whose latest version is done. */
export function* succeededFiles({ outcomes }: StatusFindings): Iterable<SucceededFile> {
  for (const [path, { outcome, chunkCount, firstChunkAt, endedAt }] of outcomes?.latest ?? []) {
    if (outcome !== 'done') continue;
    yield { path, chunkCount, firstMessageAt: new Date(firstChunkAt), processedAt: new Date(endedAt) };
  }
}
