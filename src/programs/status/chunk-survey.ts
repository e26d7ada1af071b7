import type { RawRecord } from '../../kafka/driver.js';
import { decodeChunk } from '../../wire/decode-chunk.js';
import { safeFilePath } from '../../wire/safe-file-path.js';
import { versionId } from '../../wire/version-id.js';
import type { OpenFileStatus } from './status-report.js';

/** A file with chunks that are not settled. */
export interface SurveyedFile {
  readonly id: string;
  readonly path: string;
  readonly chunkCount: number;
  readonly indexes: Set<number>;
  readonly firstTimestampMs: number;
  lastTimestampMs: number;
  readonly partition: number;
  readonly offset: bigint;
  /** One of its chunks was read by the group already. */
  wasRead: boolean;
}

const maxRanges = 12;

/** Looks at the chunks that a group has not settled, and finds out which files they belong to. */
export class ChunkSurvey {
  readonly #open: ReadonlySet<string>;
  readonly #files = new Map<string, SurveyedFile>();
  readonly #firstIds = new Map<string, string>();

  /** @param open ids of the versions that the group's commits name as open */
  constructor(open: ReadonlySet<string>) {
    this.#open = open;
  }

  /** @param wasRead the group has read it */
  add(
    record: Pick<RawRecord, 'value' | 'offset' | 'timestampMs'>,
    partition: number,
    wasRead: boolean,
  ): void {
    const chunk = chunkOf(record.value);
    if (chunk === undefined) return;
    const { id, path, index, chunkCount } = chunk;
    // Read, and not open: it has an outcome, or nobody wants it.
    if (wasRead && !this.#open.has(id)) return;
    const { offset, timestampMs: firstTimestampMs } = record;
    let file = this.#files.get(id);
    if (file === undefined) {
      file = {
        id,
        path,
        chunkCount,
        indexes: new Set(),
        firstTimestampMs,
        lastTimestampMs: 0,
        partition,
        offset,
        wasRead,
      };
      this.#files.set(id, file);
    }
    file.indexes.add(index);
    file.lastTimestampMs = Math.max(file.lastTimestampMs, firstTimestampMs);
    file.wasRead ||= wasRead;
    this.#firstIds.set(`${partition}@${offset}`, id);
  }

  /** Path of the open file that has a chunk there. */
  pathAt(partition: number, offset: bigint): string | undefined {
    const id = this.#firstIds.get(`${partition}@${offset}`);
    return id === undefined ? undefined : this.#files.get(id)!.path;
  }

  /** The oldest first. */
  open(): SurveyedFile[] {
    return [...this.#files.values()]
      .filter(({ id, wasRead }) => wasRead || this.#open.has(id))
      .sort((a, b) => a.firstTimestampMs - b.firstTimestampMs);
  }

  /** The same, for people. */
  openFiles(): OpenFileStatus[] {
    return this.open().map(({ id, path, indexes, chunkCount, firstTimestampMs, partition, offset }) => ({
      path,
      versionId: id,
      haveCount: indexes.size,
      chunkCount,
      missing: missingText(indexes, chunkCount),
      since: new Date(firstTimestampMs).toISOString(),
      partition,
      offset: offset.toString(),
    }));
  }

  get openUnseenCount(): number {
    return [...this.#open].filter(id => !this.#files.has(id)).length;
  }

  get unreadFileCount(): number {
    return [...this.#files.values()].filter(({ id, wasRead }) => !wasRead && !this.#open.has(id)).length;
  }
}

function chunkOf(value: Buffer | null) {
  try {
    const { subdirectory, filename, filenameAppend, fileHash, index, count: chunkCount } = decodeChunk(value);
    const { path } = safeFilePath(subdirectory, filename, filenameAppend);
    return { id: versionId(path, fileHash, chunkCount), path, index, chunkCount };
  } catch {
    // The worker reports what is no chunk.
    return undefined;
  }
}

function missingText(indexes: ReadonlySet<number>, count: number): string {
  const ranges: string[] = [];
  let next = 1;
  for (const index of [...[...indexes].sort((a, b) => a - b), count + 1]) {
    if (index > next) ranges.push(index - 1 === next ? String(next) : `${next}-${index - 1}`);
    next = index + 1;
    if (ranges.length > maxRanges) return `${ranges.slice(0, maxRanges).join(', ')}, …`;
  }
  return ranges.join(', ');
}
