import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LineWriter } from '../../observe/line-writer.js';
import { bytesText, countText, numberText } from '../../observe/quantity-text.js';
import type { UploadJournal } from '../../registry/upload-journal.js';
import { identityOf, isSameIdentity, type FileIdentity } from '../upload/file-identity.js';
import { isMissing, isSystemError, type FileUploader } from '../upload/file-uploader.js';
import { targetOf } from '../upload/find-files.js';
import type { UploadOutcome } from '../upload/upload-outcome.js';
import { DeliveryRecord, isDelivered } from './delivery-record.js';
import { SettlingFiles } from './settling-files.js';
import { UnreadableFiles } from './unreadable-files.js';

export interface FolderUploadOptions {
  readonly root: string;
  readonly settleMs: number;
  readonly chunkBytes: number;
  readonly uploader: Pick<FileUploader, 'upload'>;
  readonly journal: UploadJournal;
  readonly log: LineWriter;
  /** Something was added to the journal. */
  readonly onRecorded: () => void;
  /** Kafka refused something for good. */
  readonly onFatal: (error: unknown) => void;
}

interface FileUnderWay {
  readonly sizeBytes: number;
  sentBytes: number;
  /** Resolves when it is sent or given up. */
  running: Promise<void>;
}

/** Files at the same time; memory is bounded elsewhere. */
const filesAtOnce = 16;
const looksAtOnce = 64;

/**
 * Uploads the files of a folder as they are told of: waits until a file is no longer written, leaves alone what was delivered, tries
 * again what cannot be read. All paths are relative to the folder, with `/`.
 */
export class FolderUpload {
  readonly #options: FolderUploadOptions;
  readonly #settling: SettlingFiles;
  readonly #unreadable = new UnreadableFiles();
  /** With their sizes. */
  readonly #ready = new Map<string, number>();
  readonly #underWay = new Map<string, FileUnderWay>();
  readonly #empty = new Map<string, FileIdentity>();
  readonly #unusable = new Set<string>();
  readonly #stopping = new AbortController();
  readonly #aborting = new AbortController();
  #isLooking = false;
  #uploadedCount = 0;
  #sentBytes = 0;

  constructor(options: FolderUploadOptions) {
    this.#options = options;
    this.#settling = new SettlingFiles(options.settleMs);
  }

  /** Nothing is being sent, waits, or settles. Files that cannot be read do not count. */
  get isIdle(): boolean {
    return this.#settling.count + this.#ready.size + this.#underWay.size === 0 && !this.#isLooking;
  }

  get unreadablePaths(): readonly string[] {
    return this.#unreadable.paths;
  }

  get sentBytes(): number {
    return this.#sentBytes;
  }

  /** Bytes of the files that are complete and not sent. */
  get leftBytes(): number {
    let left = 0;
    for (const sizeBytes of this.#ready.values()) left += sizeBytes;
    for (const { sizeBytes, sentBytes } of this.#underWay.values())
      left += Math.max(0, sizeBytes - sentBytes);
    return left;
  }

  /** `2 files being sent, 1 waiting, 3 being checked for changes, 1,204 uploaded (3.4 GiB)`. */
  get progressText(): string {
    // One that is being sent and was told of again is looked at once it is sent.
    const settlingCount =
      this.#settling.count - [...this.#underWay.keys()].filter(path => this.#settling.has(path)).length;
    const parts = [
      `${countText(this.#underWay.size, 'file')} being sent`,
      ...(this.#ready.size > 0 ? [`${numberText(this.#ready.size)} waiting`] : []),
      ...(settlingCount > 0 ? [`${numberText(settlingCount)} being checked for changes`] : []),
      ...(this.#unreadable.count > 0 ? [`${numberText(this.#unreadable.count)} unreadable`] : []),
      `${numberText(this.#uploadedCount)} uploaded (${bytesText(this.#sentBytes)})`,
    ];
    return parts.join(', ');
  }

  /** A file is there, or it changed. */
  note(path: string): void {
    if (this.#unusable.has(path)) return;
    const target = targetOf(path);
    if (typeof target !== 'string') {
      this.#settling.note(path, performance.now());
      return;
    }
    this.#unusable.add(path);
    this.#options.log.error({ path }, `${path} cannot be uploaded: ${target}`);
  }

  /** A file was removed, or has another path now. What is being sent of it is sent to the end. */
  forget(path: string): void {
    this.#settling.forget(path);
    this.#ready.delete(path);
    this.#unreadable.forget(path);
    this.#empty.delete(path);
    this.#unusable.delete(path);
  }

  /** To be called a few times a second. */
  async tick(): Promise<void> {
    if (this.#isLooking || this.#stopping.signal.aborted) return;
    this.#isLooking = true;
    try {
      const nowMs = performance.now();
      for (const path of this.#unreadable.due(nowMs)) this.#settling.note(path, nowMs);
      // One that is being sent is looked at again afterwards.
      const due = this.#settling.due(nowMs).filter(path => !this.#underWay.has(path));
      for (let at = 0; at < due.length; at += looksAtOnce) {
        await Promise.all(due.slice(at, at + looksAtOnce).map(path => this.#look(path)));
        this.#fillLanes();
      }
    } finally {
      this.#isLooking = false;
    }
  }

  /** Begins nothing more. Resolves when what is being sent has been sent, or after so long with the chunks on their way. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopping.abort();
    const timer = setTimeout(() => this.#aborting.abort(), deadlineMs);
    await Promise.all([...this.#underWay.values()].map(({ running }) => running));
    clearTimeout(timer);
  }

  async #look(path: string): Promise<void> {
    try {
      const stats = await stat(join(this.#options.root, path), { bigint: true });
      // A link to a folder, or a pipe.
      if (!stats.isFile()) {
        this.forget(path);
        return;
      }
      const identity = identityOf(stats);
      const quietMs = Date.now() - Number(stats.mtimeMs);
      if (!this.#settling.looked(path, identity, quietMs, performance.now())) return;
      if (this.#isNew(path, identity)) this.#ready.set(path, identity.sizeBytes);
    } catch (error) {
      this.#notRead(path, error);
    }
  }

  #isNew(path: string, identity: FileIdentity): boolean {
    const empty = this.#empty.get(path);
    if (empty !== undefined && isSameIdentity(empty, identity)) return false;
    return !isDelivered(identity, this.#options.journal.delivered.get(path));
  }

  #notRead(path: string, error: unknown): void {
    if (!isSystemError(error)) throw error;
    if (isMissing(error)) this.forget(path);
    else this.#cannotRead(path, error.message);
  }

  #cannotRead(path: string, reason: string): void {
    this.#settling.forget(path);
    if (!this.#unreadable.add(path, reason, performance.now())) return;
    this.#options.log.warn({ path, reason }, `${path} cannot be read and is tried again: ${reason}`);
  }

  #fillLanes(): void {
    for (const [path, sizeBytes] of this.#ready) {
      if (this.#underWay.size >= filesAtOnce || this.#stopping.signal.aborted) return;
      this.#ready.delete(path);
      const file: FileUnderWay = { sizeBytes, sentBytes: 0, running: Promise.resolve() };
      this.#underWay.set(path, file);
      file.running = this.#upload(path, file)
        .catch((error: unknown) => this.#options.onFatal(error))
        .finally(() => {
          this.#underWay.delete(path);
          this.#fillLanes();
        });
    }
  }

  async #upload(path: string, file: FileUnderWay): Promise<void> {
    const { root, journal, chunkBytes, uploader } = this.#options;
    const record = new DeliveryRecord(journal, path, chunkBytes);
    const target = targetOf(path);
    if (typeof target === 'string') return;
    const outcome = await uploader.upload(
      { target, localPath: join(root, path) },
      {
        signal: this.#aborting.signal,
        onHashed: (version, identity) => {
          const doneCount = record.begin(version, identity);
          file.sentBytes = doneCount * chunkBytes;
          return doneCount;
        },
        onAcked: (ackedCount, byteCount) => {
          this.#sentBytes += byteCount;
          file.sentBytes += byteCount;
          record.acked(ackedCount);
        },
      },
    );
    this.#take(path, outcome, record);
  }

  #take(path: string, outcome: UploadOutcome, record: DeliveryRecord): void {
    const { log, onRecorded } = this.#options;
    if (outcome.kind !== 'unreadable') this.#unreadable.forget(path);
    switch (outcome.kind) {
      case 'sent': {
        record.delivered();
        onRecorded();
        const { sentCount, chunkCount, identity, fileHash } = outcome;
        const size = `${countText(chunkCount, 'chunk')}, ${bytesText(identity.sizeBytes)}`;
        if (sentCount > 0) this.#uploadedCount += 1;
        const text =
          sentCount > 0 ? `uploaded ${path} (${size})` : `${path} has the content that was uploaded before`;
        log.info({ path, chunkCount, sentCount, byteCount: identity.sizeBytes, sha512: fileHash }, text);
        return;
      }
      case 'empty':
        this.#empty.set(path, outcome.identity);
        log.info({ path }, `${path} has no content, so there is nothing to send of it until it has`);
        return;
      case 'changed':
        log.info({ path }, `${path} changed while it was read; it is uploaded again once it settles`);
        this.note(path);
        return;
      case 'unreadable':
        if (outcome.isGone) this.forget(path);
        else this.#cannotRead(path, outcome.reason);
        return;
      case 'stopped':
    }
  }
}
