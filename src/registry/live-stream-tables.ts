import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { withLock } from './folder-lock.js';
import { fieldOf, lineOf } from './python-table.js';
import { SharedTable } from './shared-table.js';
import {
  inProgressColumns,
  inProgressRow,
  succeededColumns,
  succeededRow,
  tableNames,
  type FileInProgress,
  type StreamTablesOf,
  type SucceededFile,
} from './stream-rows.js';

/** What is new since the tables were written last. */
export interface TableNews {
  /** Added to the files that succeeded, and gone from those in progress. */
  readonly done: ReadonlyMap<string, SucceededFile>;
  /** Their rows among the files in progress, by path; undefined: it has none any more. */
  readonly inProgress: ReadonlyMap<string, FileInProgress | undefined>;
  /** Some of those that are done may be in the table already. */
  readonly mayBeKnown: boolean;
}

/**
 * The same tables as `StreamTables` writes, kept up to date by workers while they run. Several may share a folder: each changes the rows of
 * its own files, one at a time.
 */
export class LiveStreamTables {
  readonly #logs: string;
  readonly #inProgress: SharedTable;
  readonly #succeeded: SharedTable;
  /** This process has looked at what was there. */
  #isOpen = false;

  /** @param folder the tables go to LOGS in it */
  constructor(folder: string, of: StreamTablesOf) {
    const { inProgress, succeeded } = tableNames(of);
    this.#logs = join(folder, 'LOGS');
    this.#inProgress = new SharedTable(join(this.#logs, inProgress), inProgressColumns);
    this.#succeeded = new SharedTable(join(this.#logs, succeeded), succeededColumns);
  }

  /**
   * @returns false: another process writes; nothing was written
   * @throws {Error} a file with such a name is something else, or what the system refuses
   */
  async write(news: TableNews): Promise<boolean> {
    await mkdir(this.#logs, { recursive: true });
    return withLock(join(this.#logs, '.tables.lock'), () => this.#write(news));
  }

  async #write({ done, inProgress, mayBeKnown }: TableNews): Promise<void> {
    const rest = this.#isOpen ? undefined : [this.#inProgress, this.#succeeded];
    for (const table of rest ?? []) await table.removeLeftBehind();
    const changes = new Map<string, string | undefined>();
    for (const path of done.keys()) changes.set(fieldOf(path), undefined);
    for (const [path, file] of inProgress)
      changes.set(fieldOf(path), file === undefined ? undefined : lineOf(inProgressRow(file)));
    await this.#inProgress.merge(changes);
    await this.#addDone(done, mayBeKnown || !this.#isOpen);
    this.#isOpen = true;
  }

  async #addDone(done: TableNews['done'], mayBeKnown: boolean): Promise<void> {
    const lines = new Map<string, string>();
    for (const [path, file] of done) lines.set(fieldOf(path), lineOf(succeededRow(file)));
    if (mayBeKnown) return this.#succeeded.merge(lines);
    if (lines.size === 0) return;
    try {
      await this.#succeeded.append([...lines.values()]);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await this.#succeeded.merge(lines);
    }
  }
}
