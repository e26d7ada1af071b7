import type { OutgoingMessage } from '../processing/file-work.js';
import type { BadRecord } from './dead-letters/bad-records.js';
import type { SetAsideRecord } from '../wire/set-aside-record.js';
import { partitionsOf, type OpenFile } from './open-file.js';
import type { DecidedOutcome } from './recent-outcomes.js';
import type { FileEndReport } from './reports.js';

/** A version whose outcome is decided and not committed yet. */
export interface DecidedFile {
  readonly kind: 'decided';
  readonly file: OpenFile;
  readonly outcome: DecidedOutcome;
  /** Of the engine's clock. */
  readonly decidedAtMs: number;
  /** Its results or its dead letter, to be produced in the transaction that commits the outcome. */
  readonly messages: readonly OutgoingMessage[];
  /** Kafka does not take what the state topic should have of it. */
  readonly isUnrecorded?: boolean;
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

/** A version that is let go of as a newer one of its path is done: its record and the offsets of its chunks belong together. */
export interface SupersededEntry {
  readonly kind: 'superseded';
  readonly file: OpenFile;
  /** Id of the version that is done. */
  readonly supersededBy: string;
  /** Where the chunks lie that the commit settles, as text. */
  readonly known: ReadonlySet<string>;
  readonly messages: readonly OutgoingMessage[];
  /** False once another chunk of the file came. */
  readonly isWanted: () => boolean;
}

/** A message that is given up: its dead letter and its offset belong together. */
export interface BadRecordEntry {
  readonly kind: 'bad-record';
  readonly record: BadRecord;
  readonly messages: readonly OutgoingMessage[];
}

export type OutboxEntry = DecidedFile | SetAsideEntry | SupersededEntry | BadRecordEntry;

/** What the offsets of an entry are committed under. */
export function settledIdOf(entry: OutboxEntry): string {
  return entry.kind === 'bad-record' ? entry.record.id : entry.file.version.identity.id;
}

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

  /** Whether the next transaction is as large as it may be: to wait for further files would bring nothing. */
  get hasWholeBatch(): boolean {
    if (this.#mostFiles < maxFileCount || this.#files.length >= maxFileCount) return true;
    let bytes = 0;
    return this.#files.some(entry => (bytes += bytesOf(entry)) > maxBytes);
  }

  /** What the batch that is out is about. */
  get filesOut(): readonly (OpenFile | BadRecord)[] {
    return this.#out.map(entry => (entry.kind === 'bad-record' ? entry.record : entry.file));
  }

  /** Where the batch that is out lies: it is not known what became of it. */
  get partitionsOut(): readonly number[] {
    return this.#out.flatMap(entry =>
      entry.kind === 'bad-record' ? [entry.record.partition] : partitionsOf(entry.file),
    );
  }

  add(entry: OutboxEntry): void {
    this.#files.push(entry);
  }

  /** Before all results: with too many unfinished files nothing can be committed. */
  addFirst(entry: SetAsideEntry | SupersededEntry): void {
    this.#files.unshift(entry);
  }

  /**
   * The files of the next transaction: one or more, unless it is empty. One batch is out at a time.
   *
   * @param which `all`: however many there are
   */
  take(which: 'some' | 'all' = 'some'): readonly OutboxEntry[] {
    this.#files = this.#files.filter(entry => !('isWanted' in entry) || entry.isWanted());
    let bytes = 0;
    let count = 0;
    for (const entry of this.#files) {
      bytes += bytesOf(entry);
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
   * @returns the entry, when it was alone
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

  /** The partitions of these are gone. */
  drop(dropped: ReadonlySet<OpenFile | BadRecord>): void {
    const stays = (entry: OutboxEntry): boolean =>
      !dropped.has(entry.kind === 'bad-record' ? entry.record : entry.file);
    this.#files = this.#files.filter(stays);
    this.#out = this.#out.filter(stays);
  }
}

function bytesOf(entry: OutboxEntry): number {
  return entry.messages.reduce(
    (sum, { key, value }) => sum + messageOverheadBytes + (key?.length ?? 0) + (value?.length ?? 0),
    entry.kind === 'decided' ? messageOverheadBytes + stateRecordBytes(entry.file) : 0,
  );
}

/** About; it is written when the transaction begins. */
function stateRecordBytes(file: OpenFile): number {
  return 1_000 + 64 * partitionsOf(file).length;
}
