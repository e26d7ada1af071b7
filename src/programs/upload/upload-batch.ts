import { setTimeout as delay } from 'node:timers/promises';
import type { LineWriter } from '../../observe/line-writer.js';
import { bytesText, countText } from '../../observe/quantity-text.js';
import type { FileUploader } from './file-uploader.js';
import type { FoundFile } from './find-files.js';
import type { UploadOutcome } from './upload-outcome.js';
import type { UploadCounts } from './upload-progress.js';

/** A file that was not uploaded, and why. */
export interface FailedUpload {
  readonly path: string;
  readonly reason: string;
}

export interface UploadResult {
  readonly sentCount: number;
  readonly chunkCount: number;
  readonly byteCount: number;
  readonly emptyPaths: readonly string[];
  readonly failed: readonly FailedUpload[];
  /** Files that were not, or not wholly, sent when it was stopped. */
  readonly stoppedCount: number;
}

export interface UploadBatchOptions {
  readonly uploader: Pick<FileUploader, 'upload'>;
  readonly log: LineWriter;
  /** Ends it between two chunks. */
  readonly signal: AbortSignal;
  /** Waits before a file that changed is uploaded again; as many as there are attempts more. */
  readonly retryWaitsMs?: readonly number[];
}

/** Files at the same time; memory is bounded elsewhere. */
const filesAtOnce = 16;
const usualRetryWaitsMs = [500, 1_000, 2_000, 4_000, 8_000];

/** Uploads a given set of files, each once, and keeps account. */
export class UploadBatch {
  readonly #files: readonly FoundFile[];
  readonly #options: UploadBatchOptions;
  readonly #emptyPaths: string[] = [];
  readonly #failed: FailedUpload[] = [];
  readonly #underWay = new Map<FoundFile, number>();
  readonly #byteCount: number;
  readonly #failing = new AbortController();
  readonly #signal: AbortSignal;
  #endedBytes = 0;
  #endedCount = 0;
  #sentCount = 0;
  #chunkCount = 0;
  #sentBytes = 0;
  #stoppedCount = 0;

  constructor(files: readonly FoundFile[], options: UploadBatchOptions) {
    this.#files = files;
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#failing.signal]);
    this.#byteCount = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  get counts(): UploadCounts {
    const underWay = [...this.#underWay.values()].reduce((sum, byteCount) => sum + byteCount, 0);
    return {
      fileCount: this.#files.length,
      byteCount: this.#byteCount,
      endedCount: this.#endedCount,
      sentBytes: this.#endedBytes + underWay,
      failedCount: this.#failed.length,
    };
  }

  /** @throws {BrokerError} Kafka refused a chunk or is away for too long; nothing is under way any more */
  async run(): Promise<UploadResult> {
    const queue = this.#files[Symbol.iterator]();
    const lane = async (): Promise<void> => {
      for (let next = queue.next(); next.done !== true; next = queue.next()) {
        if (this.#failing.signal.aborted) return;
        // The others end as well, between two chunks.
        await this.#upload(next.value).catch((error: unknown) => this.#failing.abort(error));
      }
    };
    await Promise.all(Array.from({ length: filesAtOnce }, lane));
    if (this.#failing.signal.aborted) throw this.#failing.signal.reason;
    return {
      sentCount: this.#sentCount,
      chunkCount: this.#chunkCount,
      byteCount: this.#sentBytes,
      emptyPaths: this.#emptyPaths,
      failed: this.#failed,
      stoppedCount: this.#stoppedCount,
    };
  }

  async #upload(file: FoundFile): Promise<void> {
    try {
      this.#take(file, await this.#uploadUnchanged(file));
    } finally {
      this.#underWay.delete(file);
      this.#endedBytes += file.sizeBytes;
      this.#endedCount += 1;
    }
  }

  async #uploadUnchanged(file: FoundFile): Promise<UploadOutcome> {
    const { uploader, log, retryWaitsMs = usualRetryWaitsMs } = this.#options;
    const signal = this.#signal;
    for (let attempt = 0; ; attempt += 1) {
      this.#underWay.set(file, 0);
      const outcome = await uploader.upload(file, {
        signal,
        onAcked: (_ackedCount, byteCount) =>
          this.#underWay.set(file, (this.#underWay.get(file) ?? 0) + byteCount),
      });
      const waitMs = retryWaitsMs[attempt];
      if (outcome.kind !== 'changed' || waitMs === undefined) return outcome;
      log.warn(
        { path: file.target.path },
        `${file.target.path} changed while it was read; it is uploaded again`,
      );
      await delay(waitMs, undefined, { signal }).catch(() => undefined);
    }
  }

  #take(file: FoundFile, outcome: UploadOutcome): void {
    const { path } = file.target;
    const { log } = this.#options;
    switch (outcome.kind) {
      case 'sent': {
        const { sizeBytes } = outcome.identity;
        this.#sentCount += 1;
        this.#chunkCount += outcome.sentCount;
        this.#sentBytes += sizeBytes;
        const size = `${countText(outcome.chunkCount, 'chunk')}, ${bytesText(sizeBytes)}`;
        log.debug({ path, sha512: outcome.fileHash }, `uploaded ${path} (${size})`);
        return;
      }
      case 'empty':
        this.#emptyPaths.push(path);
        return;
      case 'changed':
        this.#failed.push({ path, reason: 'it changes all the time' });
        return;
      case 'unreadable':
        this.#failed.push({ path, reason: outcome.reason });
        return;
      case 'stopped':
        this.#stoppedCount += 1;
    }
  }
}
