import type { OutgoingMessage } from '../processing/file-work.js';
import type { SetAsideRecord } from '../wire/set-aside-record.js';
import type { OpenFile } from './open-file.js';
import type { VersionOutcome } from './recent-outcomes.js';
import type { FileEndReport } from './reports.js';

/** A version whose outcome is decided and not committed yet. */
export interface DecidedFile {
  readonly kind: 'decided';
  readonly file: OpenFile;
  readonly outcome: VersionOutcome;
  /** To be produced in the transaction that commits the outcome. */
  readonly messages: readonly OutgoingMessage[];
  /** What people are told once it is committed. */
  readonly report: (nowMs: number) => FileEndReport;
}

/** A file that is let go of before it is whole: its record and the offsets of its chunks belong together. */
export interface SetAsideEntry {
  readonly kind: 'set-aside';
  readonly file: OpenFile;
  /** Of the message that is the record. */
  readonly key: string;
  readonly record: SetAsideRecord;
  readonly messages: readonly OutgoingMessage[];
  /** False once a chunk of the file came that the record does not know of. */
  readonly isWanted: () => boolean;
}

export type OutboxEntry = DecidedFile | SetAsideEntry;

/** A transaction should take milliseconds: readers of the results wait for its end. */
const maxFileCount = 2_000;
const maxBytes = 8 * 1024 * 1024;
const messageOverheadBytes = 400;

/**
 * Decided files that wait for a transaction. Those that come while one is under way share the next one: a file that
 * comes alone does not wait, and many files pay for one transaction together.
 */
export class Outbox {
  #files: OutboxEntry[] = [];
  /** The batch that is out, without those dropped since. */
  #out: readonly OutboxEntry[] = [];
  #mostFiles = maxFileCount;

  get isEmpty(): boolean {
    return this.#files.length === 0;
  }

  /** The files of the batch that is out: it is not known what became of them. */
  get filesOut(): readonly OpenFile[] {
    return this.#out.map(({ file }) => file);
  }

  add(decided: DecidedFile): void {
    this.#files.push(decided);
  }

  /** Before all results: with too many unfinished files nothing can be committed. */
  addFirst(entry: SetAsideEntry): void {
    this.#files.unshift(entry);
  }

  /**
   * The files of the next transaction: one or more, unless it is empty. One batch is out at a time.
   *
   * @param which `all`: however many there are
   */
  take(which: 'some' | 'all' = 'some'): readonly OutboxEntry[] {
    this.#files = this.#files.filter(entry => entry.kind === 'decided' || entry.isWanted());
    let bytes = 0;
    let count = 0;
    for (const { messages } of this.#files) {
      for (const { key, value } of messages)
        bytes += messageOverheadBytes + (key?.length ?? 0) + (value?.length ?? 0);
      if (which === 'some' && count > 0 && (count >= this.#mostFiles || bytes > maxBytes)) break;
      count += 1;
    }
    this.#out = this.#files.splice(0, count);
    return this.#out;
  }

  /** The batch that is out is committed. */
  committed(): void {
    this.#out = [];
    this.#mostFiles = maxFileCount;
  }

  /** Nothing of the batch that is out happened; it goes first again, but for those whose partitions are gone. */
  giveBack(): void {
    this.#files = [...this.#out, ...this.#files];
    this.#out = [];
  }

  /**
   * Kafka will never take a message of the batch that is out, and did not say which: halves of it are tried, until the file
   * is alone.
   *
   * @returns the file, when it was alone
   */
  refused(batch: readonly OutboxEntry[]): OutboxEntry | undefined {
    const [alone] = this.#out;
    if (batch.length === 1 && alone !== undefined) {
      this.#out = [];
      return alone;
    }
    this.#mostFiles = Math.ceil(batch.length / 2);
    this.giveBack();
    return undefined;
  }

  /** The partitions of these files are gone. */
  drop(files: ReadonlySet<OpenFile>): void {
    this.#files = this.#files.filter(({ file }) => !files.has(file));
    this.#out = this.#out.filter(({ file }) => !files.has(file));
  }
}
