import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { tableText, type TableRow } from './python-table.js';
import { replaceFile } from './replace-file.js';
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

/**
 * The tables that OpenMSIStream's processors and reproducers keep in their LOGS folders, for people and for its programs. Each is written
 * anew as a whole, when it has changed: deleting them loses nothing.
 */
export class StreamTables {
  readonly #folder: string;
  readonly #names: ReturnType<typeof tableNames>;
  readonly #written = new Map<string, string>();

  /** @param folder the tables go to LOGS in it */
  constructor(folder: string, of: StreamTablesOf) {
    this.#folder = join(folder, 'LOGS');
    this.#names = tableNames(of);
  }

  /** @throws what the system refuses */
  async write(inProgress: Iterable<FileInProgress>, succeeded: Iterable<SucceededFile>): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    await this.#replace(
      this.#names.inProgress,
      tableText(inProgressColumns, rows(inProgress, inProgressRow)),
    );
    await this.#replace(this.#names.succeeded, tableText(succeededColumns, rows(succeeded, succeededRow)));
  }

  async #replace(name: string, text: string): Promise<void> {
    if (this.#written.get(name) === text) return;
    await replaceFile(join(this.#folder, name), text);
    this.#written.set(name, text);
  }
}

function* rows<T>(files: Iterable<T>, rowOf: (file: T) => TableRow): Iterable<TableRow> {
  for (const file of files) yield rowOf(file);
}
