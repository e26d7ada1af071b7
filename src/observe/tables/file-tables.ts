import { setTimeout as delay } from 'node:timers/promises';
import type { EngineLogLine, EngineWatcher, UnfinishedFile } from '../../engine/engine.js';
import type { EngineReport } from '../../engine/reports.js';
import {
  statusOfGivenUp,
  type FileInProgress,
  type StreamTablesOf,
  type SucceededFile,
} from '../../registry/stream-rows.js';
import { StreamTables, type TableNews } from '../../registry/stream-tables.js';
import type { DataFileInfo } from '../../processing/data-file.js';
import type { FileOutcomeState } from '../../wire/file-state.js';
import type { SetAsidePlaces } from '../../wire/set-aside-record.js';

export interface FileTablesOptions extends StreamTablesOf {
  /** Absolute; the tables go to LOGS in it. */
  readonly folder: string;
  readonly log: (line: EngineLogLine) => void;
  /** Milliseconds that never go back; default: the process's. */
  readonly now?: () => number;
}

/** So long is waited after writing, and so much longer than it took. */
const shortestRestMs = 5_000;
const restFactor = 100;
/** After a failure. */
const troubleRestMs = 60_000;
/** More than this is not kept back for the rest to pass. */
const manyFiles = 20_000;
/** The oldest beyond are left out: they are in the table already, or the next start finds them again. */
const mostFiles = 100_000;
/** How long the end of a worker waits for the tables. */
const lastWriteMs = 2_000;
const lastRetryMs = 50;

/**
 * Keeps OpenMSIStream's tables of files while a worker runs: a view of what it and Kafka know, for people and their scripts. Nothing
 * reads it back, and a disk that takes nothing costs a warning, never the work.
 *
 * What happens is only noted, so it costs next to nothing per file; every few seconds that is written, at most a hundredth of the time.
 */
export class FileTables implements EngineWatcher {
  readonly #options: FileTablesOptions;
  readonly #tables: StreamTables;
  readonly #now: () => number;
  #done = new Map<string, SucceededFile>();
  #inProgress = new Map<string, FileInProgress | undefined>();
  /** The state topic was read since: some of what is done may stand in the table. */
  #mayBeKnown = true;
  #unfinished: () => Iterable<UnfinishedFile> = () => [];
  /** What the table names as unfinished because of this worker, by path. */
  #toldUnfinished: ReadonlyMap<string, FileInProgress> = new Map();
  /** Of records of the state topic that set a file aside, by key. */
  readonly #setAside = new Map<string, string>();
  #notBeforeMs = -Infinity;
  #isTroubled = false;
  #writing: Promise<void> | undefined;

  constructor(options: FileTablesOptions) {
    this.#options = options;
    this.#tables = new StreamTables(options.folder, options);
    this.#now = options.now ?? (() => performance.now());
  }

  /** Asks the engine from now on which files have no outcome. */
  watch(unfinished: () => Iterable<UnfinishedFile>): void {
    this.#unfinished = unfinished;
  }

  onReport(report: EngineReport): void {
    const processedAt = new Date();
    switch (report.kind) {
      case 'file-done': {
        const { path, chunkCount } = report.file;
        return this.#noteDone({ path, chunkCount, firstMessageAt: before(report.totalMs), processedAt });
      }
      case 'file-failed': {
        const { path, chunkCount } = report.file;
        const { reason, totalMs } = report;
        const status = statusOfGivenUp(outcomeOf(reason), reason, this.#hasResults);
        const times = { firstMessageAt: before(totalMs), lastMessageAt: processedAt };
        return this.#note(path, { path, status, chunkCount, ...times });
      }
      case 'file-superseded':
        return this.#note(report.path, undefined);
      case 'file-set-aside':
        return this.#noteSetAside(report.file, processedAt);
      default:
        return;
    }
  }

  onProgress(): void {
    void this.writeIfDue();
  }

  /** The state topic says what became of a path. */
  onOutcomeRead(path: string, state: FileOutcomeState): void {
    const { outcome, reason, chunkCount } = state;
    const [firstMessageAt, endedAt] = [new Date(state.firstChunkAt), new Date(state.endedAt)];
    this.#mayBeKnown = true;
    if (outcome === 'done') return this.#noteDone({ path, chunkCount, firstMessageAt, processedAt: endedAt });
    const status = statusOfGivenUp(outcome, reason, this.#hasResults);
    this.#note(path, { path, status, chunkCount, firstMessageAt, lastMessageAt: endedAt });
  }

  /** The state topic says where the chunks of a file lie that was set aside; undefined: no longer. */
  onSetAsideRead(key: string, places: SetAsidePlaces | undefined): void {
    if (places === undefined) {
      const path = this.#setAside.get(key);
      this.#setAside.delete(key);
      if (path !== undefined) this.#note(path, undefined);
      return;
    }
    const { path, chunkCount, lastChunkAt, firstChunkAt = lastChunkAt } = places;
    const times = { firstMessageAt: new Date(firstChunkAt), lastMessageAt: new Date(lastChunkAt) };
    this.#setAside.set(key, path);
    limit(this.#setAside);
    this.#note(path, { path, status: 'in_progress', chunkCount, ...times });
  }

  /** Writes what is new, unless it was written a moment ago. Never rejects. */
  async writeIfDue(): Promise<void> {
    if (this.#writing !== undefined) return;
    const count = this.#done.size + this.#inProgress.size;
    if (this.#now() < this.#notBeforeMs && (count < manyFiles || this.#isTroubled)) return;
    this.#writing = this.#write().then(() => undefined);
    await this.#writing;
    this.#writing = undefined;
  }

  /** Writes what is left. */
  async close(): Promise<void> {
    const endMs = this.#now() + lastWriteMs;
    const last = async (): Promise<void> => {
      await this.#writing;
      while (!(await this.#write()) && !this.#isTroubled && this.#now() < endMs) await delay(lastRetryMs);
    };
    const timer = new AbortController();
    const end = delay(lastWriteMs, undefined, { signal: timer.signal }).catch(() => undefined);
    await Promise.race([last(), end]);
    timer.abort();
  }

  get #hasResults(): boolean {
    return this.#options.produceTopic !== undefined;
  }

  #noteDone(file: SucceededFile): void {
    this.#inProgress.delete(file.path);
    this.#done.delete(file.path);
    this.#done.set(file.path, file);
    limit(this.#done);
  }

  #note(path: string, file: FileInProgress | undefined): void {
    this.#inProgress.delete(path);
    this.#inProgress.set(path, file);
    limit(this.#inProgress);
  }

  /** It stays unfinished, though the engine does not hold it any more. */
  #noteSetAside({ path, chunkCount }: DataFileInfo, at: Date): void {
    const { firstMessageAt, lastMessageAt } = this.#toldUnfinished.get(path) ?? {
      firstMessageAt: at,
      lastMessageAt: at,
    };
    this.#note(path, { path, status: 'in_progress', chunkCount, firstMessageAt, lastMessageAt });
  }

  /** @returns false: it is worth another try */
  async #write(): Promise<boolean> {
    const noted = this.#takeNoted();
    const unfinished = new Map<string, FileInProgress>();
    for (const file of this.#unfinished()) unfinished.set(file.path, { ...file, status: 'in_progress' });
    const inProgress = new Map([...noted.inProgress, ...unfinished]);
    const left = new Map([...this.#toldUnfinished].filter(([path]) => !inProgress.has(path)));
    if (noted.done.size + inProgress.size + left.size === 0) return true;
    const startMs = this.#now();
    try {
      const isWritten = await this.#tables.update({ ...noted, inProgress, left });
      this.#notBeforeMs = this.#now() + Math.max(shortestRestMs, restFactor * (this.#now() - startMs));
      if (isWritten) this.#written(unfinished);
      else this.#giveBack(noted);
      return isWritten;
    } catch (error) {
      this.#giveBack(noted);
      this.#notBeforeMs = this.#now() + troubleRestMs;
      this.#failed(error as Error);
      return false;
    }
  }

  #takeNoted(): Omit<TableNews, 'left'> {
    const noted = { done: this.#done, inProgress: this.#inProgress, mayBeKnown: this.#mayBeKnown };
    this.#done = new Map();
    this.#inProgress = new Map();
    this.#mayBeKnown = false;
    return noted;
  }

  #written(unfinished: ReadonlyMap<string, FileInProgress>): void {
    this.#toldUnfinished = unfinished;
    if (!this.#isTroubled) return;
    this.#isTroubled = false;
    const message = `the tables of files in ${this.#options.folder} are written again`;
    this.#options.log({ level: 'info', fields: {}, message });
  }

  /** What was noted meanwhile is newer. */
  #giveBack({ done, inProgress, mayBeKnown }: Omit<TableNews, 'left'>): void {
    const stillInProgress = [...inProgress].filter(([path]) => !this.#done.has(path));
    this.#done = limit(new Map([...done, ...this.#done]));
    this.#inProgress = limit(new Map([...stillInProgress, ...this.#inProgress]));
    this.#mayBeKnown ||= mayBeKnown;
  }

  #failed({ message: reason }: Error): void {
    if (this.#isTroubled) return;
    this.#isTroubled = true;
    const { folder, log } = this.#options;
    const message = `the tables of files cannot be kept in ${folder} (--tables): ${reason}. The work goes on without them; --tables none does without for good`;
    log({ level: 'warn', fields: { folder, reason }, message });
  }
}

function before(ms: number): Date {
  return new Date(Date.now() - ms);
}

function outcomeOf(
  reason: (EngineReport & { kind: 'file-failed' })['reason'],
): 'failed' | 'corrupt' | 'lost' {
  if (reason === 'file-hash-mismatch') return 'corrupt';
  return reason === 'chunks-lost' ? 'lost' : 'failed';
}

/** Without the oldest of too many. */
function limit<V>(map: Map<string, V>): Map<string, V> {
  for (const oldest of map.keys()) {
    if (map.size <= mostFiles) break;
    map.delete(oldest);
  }
  return map;
}
