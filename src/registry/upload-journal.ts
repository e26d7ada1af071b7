import { closeSync, fdatasync, openSync, readFileSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { replaceFile } from './replace-file.js';

const sync = promisify(fdatasync);

/** One version of a file whose chunks are all acknowledged. */
export interface DeliveredVersion {
  readonly path: string;
  readonly sizeBytes: number;
  /** Last change, in nanoseconds since 1970, decimal. Empty: known from a table of OpenMSIStream only. */
  readonly modifiedNs: string;
  readonly inode: string;
  /** SHA-512, hex. Empty as above. */
  readonly fileHash: string;
  readonly chunkCount: number;
  /** Milliseconds since 1970. */
  readonly startedMs: number;
  readonly completedMs: number;
}

/** A version of which not all chunks are acknowledged. */
export interface PartialVersion {
  readonly path: string;
  readonly fileHash: string;
  readonly chunkCount: number;
  readonly chunkBytes: number;
  /** Chunks that are acknowledged, counted from the first one without a gap. */
  readonly ackedCount: number;
  readonly startedMs: number;
  /** When this was known. */
  readonly atMs: number;
}

type Entry =
  | { readonly kind: 'delivered'; readonly version: DeliveredVersion }
  | { readonly kind: 'partial'; readonly version: PartialVersion };

/** Lines that say nothing any more are left in the file until there are so many more of them than others. */
const staleLinesBorne = 1_000;

/**
 * What was delivered, kept in a file to which a line is added for each event, so that a crash at any moment loses nothing but the
 * line it interrupts, and writing costs the same however many files there are.
 *
 * A line that is lost makes a file be sent again, which is harmless; so lines are not waited for, and are brought to the disk
 * a moment later.
 */
export class UploadJournal {
  readonly #delivered = new Map<string, DeliveredVersion>();
  readonly #partial = new Map<string, PartialVersion>();
  #lineCount = 0;
  #file = -1;
  #isSyncNeeded = false;

  private constructor() {
    // Made by `open`.
  }

  /** Reads the file, or begins one. @returns `isNew`: there was none. @throws what the system refuses */
  static async open(path: string): Promise<{ readonly journal: UploadJournal; readonly isNew: boolean }> {
    const journal = new UploadJournal();
    const text = readIfThere(path);
    for (const line of (text ?? '').split('\n')) journal.#read(line);
    const staleCount = journal.#lineCount - journal.#delivered.size - journal.#partial.size;
    // A line that a crash cut off must not be continued by the next one.
    if (text !== undefined && (staleCount > staleLinesBorne || (text !== '' && !text.endsWith('\n'))))
      await replaceFile(path, journal.#compacted());
    journal.#file = openSync(path, 'a');
    return { journal, isNew: text === undefined };
  }

  get delivered(): ReadonlyMap<string, DeliveredVersion> {
    return this.#delivered;
  }

  get partial(): ReadonlyMap<string, PartialVersion> {
    return this.#partial;
  }

  addDelivered(version: DeliveredVersion): void {
    this.#add({ kind: 'delivered', version });
  }

  addPartial(version: PartialVersion): void {
    this.#add({ kind: 'partial', version });
  }

  /** Brings what was added to the disk. */
  async flush(): Promise<void> {
    if (!this.#isSyncNeeded) return;
    this.#isSyncNeeded = false;
    await sync(this.#file);
  }

  async close(): Promise<void> {
    await this.flush();
    closeSync(this.#file);
  }

  #add(entry: Entry): void {
    this.#take(entry);
    writeSync(this.#file, `${JSON.stringify(entry)}\n`);
    this.#isSyncNeeded = true;
  }

  #read(line: string): void {
    if (line === '') return;
    this.#lineCount += 1;
    try {
      this.#take(JSON.parse(line) as Entry);
    } catch (error) {
      // Cut off by a crash.
      if (!(error instanceof SyntaxError)) throw error;
    }
  }

  #take(entry: Entry): void {
    const { path } = entry.version;
    if (entry.kind === 'partial') {
      this.#partial.set(path, entry.version);
      return;
    }
    this.#partial.delete(path);
    this.#delivered.set(path, entry.version);
  }

  #compacted(): string {
    const entries: Entry[] = [
      ...[...this.#delivered.values()].map(version => ({ kind: 'delivered' as const, version })),
      ...[...this.#partial.values()].map(version => ({ kind: 'partial' as const, version })),
    ];
    return entries.map(entry => `${JSON.stringify(entry)}\n`).join('');
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
