import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withLock } from './folder-lock.js';
import { fieldOf, lineOf, tableText, type TableRow } from './python-table.js';
import { replaceFile } from './replace-file.js';
import { SharedTable, type RowChange } from './shared-table.js';
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
  /** Their rows were written by this process, which no longer knows of them: they go, unless another process has changed them. */
  readonly left: ReadonlyMap<string, FileInProgress>;
  /** Some of those that are done may be in the table already. */
  readonly mayBeKnown: boolean;
}

/**
 * The tables that OpenMSIStream's processors and reproducers keep in their LOGS folders, for people and for its programs. Several processes may
 * write them, one at a time: workers, each of which changes the rows of its own files, and `reproducer status`, which knows all of a group.
 *
 * Both ways of writing throw what the system refuses. They return false when another process writes: nothing was written then.
 */
export class StreamTables {
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
   * Puts in what is new, and leaves the other rows as they are.
   *
   * @throws {Error} also when a file with such a name is something else
   */
  async update(news: TableNews): Promise<boolean> {
    return this.#whileAlone(() => this.#update(news));
  }

  /** Leaves no other rows than these. A table that has them already is not touched. */
  async replace(inProgress: Iterable<FileInProgress>, succeeded: Iterable<SucceededFile>): Promise<boolean> {
    return this.#whileAlone(async () => {
      const unfinished = tableText(inProgressColumns, rows(inProgress, inProgressRow));
      await replaceIfOther(this.#inProgress.path, unfinished);
      await replaceIfOther(this.#succeeded.path, tableText(succeededColumns, rows(succeeded, succeededRow)));
    });
  }

  async #whileAlone(write: () => Promise<void>): Promise<boolean> {
    await mkdir(this.#logs, { recursive: true });
    return withLock(join(this.#logs, '.tables.lock'), write);
  }

  async #update({ done, inProgress, left, mayBeKnown }: TableNews): Promise<void> {
    const rest = this.#isOpen ? undefined : [this.#inProgress, this.#succeeded];
    for (const table of rest ?? []) await table.removeLeftBehind();
    const changes = new Map<string, RowChange>();
    for (const [path, file] of left) changes.set(fieldOf(path), { ifStill: lineOf(inProgressRow(file)) });
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

async function replaceIfOther(path: string, text: string): Promise<void> {
  const known = await readFile(path, 'utf8').catch(() => undefined);
  if (known !== text) await replaceFile(path, text);
}

function* rows<T>(files: Iterable<T>, rowOf: (file: T) => TableRow): Iterable<TableRow> {
  for (const file of files) yield rowOf(file);
}
