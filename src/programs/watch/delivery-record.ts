import type { DeliveredVersion, UploadJournal } from '../../registry/upload-journal.js';
import type { FileIdentity } from '../upload/file-identity.js';
import type { SentVersion } from '../upload/upload-outcome.js';

/** Chunks that were sent longer ago are sent again: they may have left the topic by now. */
const partialLifeMs = 3_600_000;
/** So often at most, a file's progress is written down. */
const partialIntervalMs = 500;
/** OpenMSIStream's times are whole seconds. */
const roundingMs = 1_000;

/** Whether the file as it is now is known to be on the topic, without reading it. */
export function isDelivered(identity: FileIdentity, delivered: DeliveredVersion | undefined): boolean {
  if (delivered === undefined) return false;
  if (delivered.modifiedNs === '')
    return Number(identity.modifiedNs / 1_000_000n) < delivered.startedMs + roundingMs;
  return (
    delivered.sizeBytes === identity.sizeBytes &&
    delivered.modifiedNs === String(identity.modifiedNs) &&
    delivered.inode === String(identity.inode)
  );
}

/** Keeps the journal of one upload of a file. */
export class DeliveryRecord {
  readonly #journal: UploadJournal;
  readonly #path: string;
  readonly #chunkBytes: number;
  readonly #startedMs = Date.now();
  #version: SentVersion | undefined;
  #identity: FileIdentity | undefined;
  #partialMs = 0;

  constructor(journal: UploadJournal, path: string, chunkBytes: number) {
    this.#journal = journal;
    this.#path = path;
    this.#chunkBytes = chunkBytes;
  }

  /** @returns chunks of this content that are on the topic, counted from the first one */
  begin(version: SentVersion, identity: FileIdentity): number {
    this.#version = version;
    this.#identity = identity;
    if (this.#journal.delivered.get(this.#path)?.fileHash === version.fileHash) return version.chunkCount;
    const partial = this.#journal.partial.get(this.#path);
    const isOfThis =
      partial?.fileHash === version.fileHash &&
      partial.chunkCount === version.chunkCount &&
      partial.chunkBytes === this.#chunkBytes;
    return isOfThis && Date.now() - partial.atMs < partialLifeMs ? partial.ackedCount : 0;
  }

  acked(ackedCount: number): void {
    const { chunkCount, fileHash } = this.#version!;
    const atMs = Date.now();
    if (ackedCount === 0 || ackedCount === chunkCount || atMs - this.#partialMs < partialIntervalMs) return;
    this.#partialMs = atMs;
    const [path, chunkBytes, startedMs] = [this.#path, this.#chunkBytes, this.#startedMs];
    this.#journal.addPartial({ path, fileHash, chunkCount, chunkBytes, ackedCount, startedMs, atMs });
  }

  /** All chunks are acknowledged, and the file was the same all the time. */
  delivered(): void {
    const { fileHash, chunkCount } = this.#version!;
    const { sizeBytes, modifiedNs, inode } = this.#identity!;
    this.#journal.addDelivered({
      path: this.#path,
      sizeBytes,
      modifiedNs: String(modifiedNs),
      inode: String(inode),
      fileHash,
      chunkCount,
      startedMs: this.#startedMs,
      completedMs: Date.now(),
    });
  }
}
