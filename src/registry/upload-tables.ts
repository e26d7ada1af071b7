import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { basename } from 'node:path/posix';
import { literalDate, literalText, tableLines, tableText, type TableRow } from './python-table.js';
import { replaceFile } from './replace-file.js';
import type { DeliveredVersion, PartialVersion } from './upload-journal.js';

const inProgressColumns = [
  'filename',
  'rel_filepath',
  'n_chunks',
  'n_chunks_delivered',
  'n_chunks_to_send',
  'started',
  'chunks_delivered',
  'chunks_to_send',
];
const completedColumns = ['filename', 'rel_filepath', 'n_chunks', 'started', 'completed'];

/** So much longer than writing a table took is waited before it is written again. */
const restFactor = 20;
const shortestRestMs = 1_000;

/** The part of the journal that the tables show. */
export interface UploadRecords {
  readonly delivered: ReadonlyMap<string, DeliveredVersion>;
  readonly partial: ReadonlyMap<string, PartialVersion>;
}

/**
 * The tables that OpenMSIStream's upload of a folder keeps in its LOGS folder, for people and for its programs: a view of the
 * journal, written anew as a whole. Deleting them loses nothing.
 */
export class UploadTables {
  readonly #folder: string;
  readonly #topic: string;
  readonly #records: UploadRecords;
  #notBeforeMs = 0;
  #isStale = true;
  #writing: Promise<void> | undefined;

  constructor(folder: string, topic: string, records: UploadRecords) {
    this.#folder = folder;
    this.#topic = topic;
    this.#records = records;
  }

  /** Something was added to the journal. */
  touch(): void {
    this.#isStale = true;
  }

  /** Writes the tables if that is due. @throws what the system refuses */
  async writeIfDue(nowMs: number): Promise<void> {
    if (!this.#isStale || this.#writing !== undefined || nowMs < this.#notBeforeMs) return;
    await this.write();
  }

  /** @throws what the system refuses */
  async write(): Promise<void> {
    await this.#writing;
    this.#isStale = false;
    const startedMs = performance.now();
    this.#writing = this.#writeBoth().finally(() => {
      const nowMs = performance.now();
      this.#writing = undefined;
      this.#notBeforeMs = nowMs + Math.max(shortestRestMs, restFactor * (nowMs - startedMs));
    });
    await this.#writing;
  }

  async #writeBoth(): Promise<void> {
    const { delivered, partial } = this.#records;
    const inProgress = tableText(inProgressColumns, [...partial.values()].map(inProgressRow));
    await replaceFile(join(this.#folder, `upload_to_${this.#topic}_in_progress.csv`), inProgress);
    const completed = tableText(completedColumns, [...delivered.values()].map(completedRow));
    await replaceFile(join(this.#folder, `uploaded_to_${this.#topic}.csv`), completed);
  }
}

function inProgressRow({ path, chunkCount, ackedCount, startedMs }: PartialVersion): TableRow {
  const numbers = Array.from({ length: chunkCount }, (_, at) => at + 1);
  return [
    basename(path),
    path,
    chunkCount,
    ackedCount,
    chunkCount - ackedCount,
    new Date(startedMs),
    new Set(numbers.slice(0, ackedCount)),
    new Set(numbers.slice(ackedCount)),
  ];
}

function completedRow({ path, chunkCount, startedMs, completedMs }: DeliveredVersion): TableRow {
  return [basename(path), path, chunkCount, new Date(startedMs), new Date(completedMs)];
}

/**
 * What OpenMSIStream has uploaded from this folder, by its own tables; its files of single producers, which it leaves when it
 * crashes, count as well. When a file was changed is not in them.
 */
export function uploadsOfOpenMsiStream(folder: string, topic: string): DeliveredVersion[] {
  const base = `uploaded_to_${topic}`;
  const names = readdirSync(folder).filter(
    name =>
      name === `${base}.csv` ||
      (name.startsWith(`${base}_p`) && /^_p[\d_.]+\.csv$/.test(name.slice(base.length))),
  );
  return names.flatMap(name => {
    const lines = tableLines(completedColumns, readFileSync(join(folder, name), 'utf8')) ?? [];
    return lines.flatMap(fields => versionOf(fields) ?? []);
  });
}

function versionOf(fields: readonly string[]): DeliveredVersion | undefined {
  const [, path, chunkCount, started, completed] = fields;
  if (path === undefined || chunkCount === undefined || started === undefined || completed === undefined)
    return undefined;
  const [startedMs, completedMs] = [literalDate(started)?.getTime(), literalDate(completed)?.getTime()];
  if (startedMs === undefined || completedMs === undefined) return undefined;
  return {
    path: literalText(path),
    sizeBytes: 0,
    modifiedNs: '',
    inode: '',
    fileHash: '',
    chunkCount: Number(chunkCount),
    startedMs,
    completedMs,
  };
}
