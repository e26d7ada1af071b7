import type { ChunkCounts, EngineProgress } from '../../engine/engine.js';
import type { EngineReport } from '../../engine/reports.js';
import { pythonJson } from '../../wire/python-json.js';
import { pythonTimestamp } from './python-timestamp.js';

const nothing: ChunkCounts = { readCount: 0, readBytes: 0, processedCount: 0, processedBytes: 0 };

/**
 * Counts what the original's heartbeats tell: messages, and bytes of files in them, since the last heartbeat. Fields and their
 * order are those of its reproducers and processors.
 */
export class Heartbeat {
  readonly #hasResults: boolean;
  #chunks = nothing;
  #told = nothing;
  #producedCount = 0;
  #producedBytes = 0;

  /** @param hasResults a reproducer tells what it produced, a file processor does not */
  constructor(hasResults: boolean) {
    this.#hasResults = hasResults;
  }

  onReport(report: EngineReport): void {
    if (report.kind !== 'file-done') return;
    this.#producedCount += report.messageCount;
    this.#producedBytes += report.messageBytes;
  }

  onProgress({ chunks }: EngineProgress): void {
    this.#chunks = chunks;
  }

  /** The value of the next heartbeat; counting begins anew. */
  take(now: Date): string {
    const [chunks, told] = [this.#chunks, this.#told];
    const [producedCount, producedBytes] = [this.#producedCount, this.#producedBytes];
    this.#told = chunks;
    this.#producedCount = 0;
    this.#producedBytes = 0;
    return pythonJson({
      timestamp: pythonTimestamp(now),
      n_messages_read: chunks.readCount - told.readCount,
      n_messages_processed: chunks.processedCount - told.processedCount,
      ...(this.#hasResults ? { n_messages_produced: producedCount } : {}),
      n_bytes_read: chunks.readBytes - told.readBytes,
      n_bytes_processed: chunks.processedBytes - told.processedBytes,
      ...(this.#hasResults ? { n_bytes_produced: producedBytes } : {}),
    });
  }
}
