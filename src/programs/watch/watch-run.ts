import { performance } from 'node:perf_hooks';
import type { KafkaDriver, ProducerPort } from '../../kafka/driver.js';
import { bytesText } from '../../observe/quantity-text.js';
import type { UploadJournal } from '../../registry/upload-journal.js';
import type { UploadTables } from '../../registry/upload-tables.js';
import type { ProgramLog } from '../program-log.js';
import { findFiles, pathWithin } from '../upload/find-files.js';
import { patientUploader } from '../upload/patient-uploader.js';
import { isIgnored } from '../upload/path-filter.js';
import { FolderUpload } from './folder-upload.js';
import type { UploadAnnouncements } from './upload-announcements.js';
import { watchFolder, type FolderWatcher } from './folder-watcher.js';
import { WatchProgress } from './watch-progress.js';
import type { WatchSettings } from './watch-settings.js';

/** How it ended. */
export type WatchEnd =
  | { readonly kind: 'failed'; readonly error: unknown }
  | {
      readonly kind: 'stopped' | 'idle';
      readonly text: string;
      readonly sentBytes: number;
      readonly unreadable: readonly string[];
    };

export interface WatchParts {
  readonly journal: UploadJournal;
  readonly tables: UploadTables;
  readonly output: ProgramLog;
  readonly announcements: UploadAnnouncements;
}

const tickMs = 100;
const progressMs = 5_000;

/** Joins what watches a folder, what uploads, and what keeps the records; from its making to its end. */
export class WatchRun {
  readonly ended: Promise<WatchEnd>;
  readonly #settings: WatchSettings;
  readonly #parts: WatchParts;
  readonly #producer: ProducerPort;
  readonly #upload: FolderUpload;
  readonly #watcher: FolderWatcher;
  readonly #progress = new WatchProgress();
  readonly #stopping = new AbortController();
  readonly #timers: NodeJS.Timeout[] = [];
  #resolveEnded!: (end: WatchEnd) => void;
  #isReady = false;
  #isEnding = false;
  #idleSinceMs: number | undefined;
  #shownBytes = 0;

  constructor(driver: KafkaDriver, settings: WatchSettings, parts: WatchParts) {
    this.#settings = settings;
    this.#parts = parts;
    this.ended = new Promise(resolve => (this.#resolveEnded = resolve));
    this.#producer = driver.producer({ mayRepeat: true });
    this.#upload = this.#makeUpload(driver);
    this.#watcher = watchFolder({
      root: settings.root,
      ...(settings.own.pollMs === undefined ? {} : { pollMs: settings.own.pollMs }),
      isIgnored: localPath => this.#isIgnored(localPath),
      onFile: localPath => this.#note(this.#pathOf(localPath)),
      onRemoved: localPath => this.#upload.forget(this.#pathOf(localPath)),
      onError: error => this.#watchingFailed(error),
    });
    void this.#watcher.ready.then(() => this.#rescan()).then(() => (this.#isReady = true));
    this.#every(tickMs, () => this.#tick());
    this.#every(progressMs, () => this.#showProgress());
    this.#every(settings.own.rescanMs, () => void this.#rescan());
  }

  get progressText(): string {
    return this.#upload.progressText;
  }

  /** Lets files that are being sent end, for so long. */
  stop(deadlineMs: number): void {
    void this.#end('stopped', deadlineMs);
  }

  #makeUpload(driver: KafkaDriver): FolderUpload {
    const { worker, root, own } = this.#settings;
    const { journal, tables, output, announcements } = this.#parts;
    const uploader = patientUploader(this.#settings, {
      ...{ driver, producer: this.#producer },
      log: output.log,
      signal: this.#stopping.signal,
      onAcked: records => announcements.acked(records),
    });
    return new FolderUpload({
      root,
      settleMs: own.settleMs,
      chunkBytes: worker.chunkBytes,
      uploader,
      journal,
      log: output.log,
      onRecorded: () => tables.touch(),
      onFatal: error => this.#fail(error),
    });
  }

  #pathOf(localPath: string): string {
    return pathWithin(this.#settings.root, localPath);
  }

  #isIgnored(localPath: string): boolean {
    const { root, logsFolder, filter } = this.#settings;
    if (localPath === root) return false;
    return localPath === logsFolder || isIgnored(this.#pathOf(localPath), filter);
  }

  #note(path: string): void {
    const { match } = this.#settings.filter;
    if (match === undefined || match.test(path)) this.#upload.note(path);
  }

  #tick(): void {
    const { journal, tables } = this.#parts;
    const fail = (error: unknown): void => this.#fail(error);
    this.#upload.tick().catch(fail);
    journal.flush().catch(fail);
    tables.writeIfDue(performance.now()).catch(fail);
    this.#drawProgress();
    this.#checkIdle();
  }

  #drawProgress(): void {
    const { screen } = this.#parts.output;
    if (screen === undefined) return;
    screen.status(this.#progress.line(this.progressText, this.#upload, screen.width, performance.now()));
  }

  #checkIdle(): void {
    const { untilIdleMs } = this.#settings.worker;
    if (untilIdleMs === undefined) return;
    const nowMs = performance.now();
    if (!this.#isReady || !this.#upload.isIdle) this.#idleSinceMs = undefined;
    else if (nowMs - (this.#idleSinceMs ??= nowMs) >= untilIdleMs) void this.#end('idle', 0);
  }

  #showProgress(): void {
    const { output } = this.#parts;
    const sentBytes = this.#upload.sentBytes;
    if (output.screen !== undefined || sentBytes === this.#shownBytes) return;
    const rate = bytesText(((sentBytes - this.#shownBytes) / progressMs) * 1000);
    this.#shownBytes = sentBytes;
    output.log.info({}, `${this.progressText}, ${rate}/s`);
  }

  /** Finds what was not told of: links that lead nowhere, changes on network shares, or very many at once. */
  async #rescan(): Promise<void> {
    const { root, filter } = this.#settings;
    const found = await findFiles([root], { cwd: root, filter });
    for (const { localPath } of [...found.files, ...found.unusable])
      if (!localPath.startsWith(this.#settings.logsFolder)) this.#note(this.#pathOf(localPath));
  }

  #watchingFailed(error: Error): void {
    const { log } = this.#parts.output;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    const hint =
      code === 'ENOSPC'
        ? '; the system allows no more watches: raise fs.inotify.max_user_watches, or give --poll'
        : '';
    log.warn(
      { err: error },
      `cannot watch everything: ${error.message}${hint}; what changes there is found by --rescan`,
    );
  }

  #every(ms: number, act: () => void): void {
    this.#timers.push(setInterval(act, ms));
  }

  #fail(error: unknown): void {
    if (this.#isEnding) return;
    void this.#end('stopped', 0).catch(() => undefined);
    this.#resolveEnded({ kind: 'failed', error });
  }

  async #end(kind: 'stopped' | 'idle', deadlineMs: number): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    for (const timer of this.#timers) clearInterval(timer);
    // A broker that is away must not hold up the end beyond the deadline.
    const timer = setTimeout(() => this.#stopping.abort(), deadlineMs);
    try {
      await this.#watcher.close();
      await this.#upload.stop(deadlineMs);
      this.#parts.output.screen?.status('');
      await this.#parts.tables.write();
      await this.#producer.close();
      const { sentBytes, unreadablePaths: unreadable } = this.#upload;
      this.#resolveEnded({ kind, text: this.progressText, sentBytes, unreadable });
    } catch (error) {
      this.#resolveEnded({ kind: 'failed', error });
    } finally {
      clearTimeout(timer);
    }
  }
}
