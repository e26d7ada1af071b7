import { hash } from 'node:crypto';
import type { BadChunk } from '../../assembly/bad-chunk.js';
import type { EngineCommand } from '../messages.js';
import type { Outbox, OutboxEntry } from '../outbox.js';
import type { OwnedPartitions } from '../owned-partitions.js';
import type { LetterWriter } from './letter-writer.js';

export interface BadRecordsParts {
  readonly partitions: OwnedPartitions;
  /** Exactly-once: where dead letters wait for the transaction that commits the offsets. */
  readonly outbox?: Outbox;
  readonly emit: (command: EngineCommand) => void;
}

/** A message that is no usable chunk, and whose dead letter is on its way. */
export interface BadRecord {
  /** Negative, as those of files are not. */
  readonly workId: number;
  /** Stands where the id of a version stands, so that it is committed and passed over as one. */
  readonly id: string;
  readonly partition: number;
}

/** So many may be on their way at a time: a commit names them all, and it names about 380. */
const mostPending = 200;
const fewPending = 100;

/**
 * Messages that are no usable chunk, from when they are read to when their dead letters are on the topic.
 *
 * Such a message holds its partition back as a file of one chunk does. So its offset is not committed before its dead letter is
 * acknowledged, and after a crash what is committed says whether it was. The list of what is open is short: reading waits
 * while too many are on their way.
 */
export class BadRecords {
  readonly #topic: string;
  readonly #writer: LetterWriter;
  readonly #parts: BadRecordsParts;
  readonly #pending = new Map<number, BadRecord>();
  #lastWorkId = 0;
  #isFull = false;

  /** @param topic with the chunks */
  constructor(topic: string, writer: LetterWriter, parts: BadRecordsParts) {
    this.#topic = topic;
    this.#writer = writer;
    this.#parts = parts;
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  /** Whether reading has to wait. */
  get isFull(): boolean {
    const count = this.#pending.size;
    this.#isFull = this.#isFull ? count > fewPending : count >= mostPending;
    return this.#isFull;
  }

  /** Gives a message up. @param nowMs of the engine's clock */
  add(bad: BadChunk, nowMs: number): void {
    const { partitions, outbox, emit } = this.#parts;
    this.#lastWorkId -= 1;
    const { partition, offset } = bad;
    const record: BadRecord = { workId: this.#lastWorkId, id: badRecordId(this.#topic, bad), partition };
    partitions.hold(partition, record.id, offset);
    this.#pending.set(record.workId, record);
    const message = this.#writer.forRecord(bad, nowMs);
    if (outbox !== undefined) outbox.add({ kind: 'bad-record', record, messages: [message] });
    else emit({ kind: 'dead-letter', workId: record.workId, message });
  }

  /** At-least-once: the dead letter is on its topic, or Kafka will never take it. */
  deadLettered(workId: number): void {
    const record = this.#pending.get(workId);
    if (record === undefined) return;
    this.#pending.delete(workId);
    this.#parts.partitions.settle(record.id);
  }

  /** Exactly-once: these are committed, or Kafka will never take their dead letters. */
  settle(batch: readonly OutboxEntry[]): void {
    for (const entry of batch) if (entry.kind === 'bad-record') this.deadLettered(entry.record.workId);
  }

  /** Nothing can be written to the dead-letter topic any more. */
  end(): void {
    for (const workId of [...this.#pending.keys()]) this.deadLettered(workId);
  }

  /** These partitions are no longer ours, or are read again from the committed offsets. @returns the records on them */
  drop(partitions: ReadonlySet<number>): ReadonlySet<BadRecord> {
    const dropped = new Set([...this.#pending.values()].filter(({ partition }) => partitions.has(partition)));
    for (const { workId } of dropped) this.#pending.delete(workId);
    return dropped;
  }
}

/** @returns 16 hex digits, the same for the same place */
export function badRecordId(topic: string, place: { partition: number; offset: bigint }): string {
  return hash('sha256', `bad record\0${topic}\0${place.partition}\0${place.offset}`, 'hex').slice(0, 16);
}
