import type { EachBatchPayload } from 'kafkajs';
import type { Assignment, ConsumerHandlers, RawRecord } from '../driver.js';
import type { AssignmentTracker } from './assignment-tracker.js';
import type { FetchedOffset, FetchedTopicOffsets, OffsetManager } from './kafkajs-internals.js';
import type { LogRange, OffsetListener } from './offset-fetch-listener.js';
import { readHeaders } from './record-headers.js';
import { wasGivenBack } from './patches/whole-responses.js';

export interface PartitionFlowOptions {
  readonly topic: string;
  readonly groupId: string;
  readonly startFrom: 'earliest' | 'latest';
  readonly handlers: ConsumerHandlers;
  readonly tracker: AssignmentTracker;
}

/** What kafkajs tells of a batch of which nothing reaches `eachBatch`: control records, aborted or compacted ones. */
export interface EmptyBatch {
  readonly topic: string;
  readonly partition: number;
  readonly batchSize: number;
  /** What was asked for. */
  readonly fetchedOffset: string;
  readonly lastOffset: string;
  readonly highWatermark: string;
}

/**
 * Hands what one kafkajs consumer reads to the handlers: generations, committed offsets, records.
 *
 * Lives as long as its kafkajs consumer; the tracker outlives both.
 */
export class PartitionFlow implements OffsetListener {
  readonly #options: PartitionFlowOptions;
  #latest: OffsetManager | undefined;
  #joined: OffsetManager | undefined;
  /** Moves kafkajs to an offset; set by the owner of the kafkajs consumer. */
  seek: (partition: number, offset: bigint) => void = () => undefined;

  constructor(options: PartitionFlowOptions) {
    this.#options = options;
  }

  /** Of the generation this member is in. */
  get manager(): OffsetManager | undefined {
    return this.#joined;
  }

  get startsAtEnd(): boolean {
    return this.#options.startFrom === 'latest';
  }

  onGeneration(manager: OffsetManager): void {
    this.#latest = manager;
  }

  /** GROUP_JOIN: the only event that every new generation has. */
  onGroupJoin(): Assignment | undefined {
    const manager = this.#latest;
    if (manager === undefined || manager === this.#joined) return undefined;
    this.#joined = manager;
    return this.#options.tracker.join({
      memberId: manager.memberId,
      generationId: manager.generationId,
      partitions: manager.memberAssignment[this.#options.topic] ?? [],
    });
  }

  /** With several brokers each of their fetchers may ask, so a partition can be answered for twice. */
  onOffsetsFetched(manager: OffsetManager, topics: FetchedTopicOffsets[]): void {
    if (manager !== this.#joined) return;
    for (const { topic, partitions } of topics) {
      if (topic !== this.#options.topic) continue;
      for (const fetched of partitions) {
        this.#forgetStale(manager, fetched.partition);
        this.#begin(fetched);
      }
    }
  }

  /** An empty batch that was fetched in an earlier generation has moved kafkajs: it would begin behind it. */
  #forgetStale({ resolvedOffsets }: OffsetManager, partition: number): void {
    const { tracker, topic } = this.#options;
    if (!tracker.isStarted(partition)) delete resolvedOffsets[topic]?.[partition];
  }

  #begin(fetched: FetchedOffset): void {
    const { tracker, handlers } = this.#options;
    const { partition } = fetched;
    if (!tracker.owns(partition)) return;
    const position = tracker.isKept(partition) ? handlers.positionOf(partition) : null;
    if (position !== null) {
      fetched.offset = position.toString();
      if (!tracker.isStarted(partition)) tracker.begin(partition, position);
      return;
    }
    if (fetched.isStart === true) {
      const startOffset = tracker.startAt(partition, BigInt(fetched.offset));
      fetched.offset = startOffset.toString();
      if (!tracker.isStarted(partition)) tracker.begin(partition, startOffset);
      handlers.onCommittedOffset(tracker.epoch, { partition, offset: null, metadata: null, startOffset });
      return;
    }
    const committed = BigInt(fetched.offset);
    const offset = committed < 0n ? null : committed;
    if (!tracker.isStarted(partition)) tracker.begin(partition, offset);
    // The broker answers an empty text for none.
    const metadata = fetched.metadata === '' ? null : fetched.metadata;
    handlers.onCommittedOffset(tracker.epoch, { partition, offset, metadata });
  }

  /**
   * Deleted records were skipped over, or the log is shorter than it was (the topic was made anew). Below the start
   * the start is right whatever `startFrom` says: it loses the least.
   */
  onOutOfRange(manager: OffsetManager, partition: number, range: LogRange): bigint {
    const { tracker, handlers } = this.#options;
    const next = this.#offsetInRange(range);
    if (manager !== this.#joined || !tracker.owns(partition)) return next;
    tracker.moveTo(partition, next);
    if (next !== range.askedOffset)
      handlers.onPositionReset(tracker.epoch, partition, range.askedOffset, next);
    return next;
  }

  #offsetInRange({ askedOffset, earliest, latest }: LogRange): bigint {
    if (askedOffset < earliest) return earliest;
    if (askedOffset <= latest) return askedOffset;
    return this.#options.startFrom === 'earliest' ? earliest : latest;
  }

  /** Synchronous: kafkajs must get its thread back at once to go on with heartbeats. */
  onBatch(payload: EachBatchPayload): void {
    const { batch } = payload;
    const { tracker, handlers, topic } = this.#options;
    if (batch.topic !== topic) return;
    const { fetchedOffset } = batch as unknown as { fetchedOffset: string };
    const verdict = tracker.judgeFetch(batch.partition, BigInt(fetchedOffset));
    if (verdict.kind === 'seek') this.seek(batch.partition, verdict.offset);
    if (verdict.kind !== 'deliver') return;
    if (batch.messages.some(wasGivenBack)) {
      this.seek(batch.partition, BigInt(fetchedOffset));
      return;
    }
    const nextOffset = BigInt(batch.lastOffset()) + 1n;
    const records = batch.messages.map(toRawRecord);
    tracker.moveTo(batch.partition, nextOffset);
    handlers.onRecords(tracker.epoch, batch.partition, records, nextOffset, BigInt(batch.highWatermark));
    payload.resolveOffset(batch.lastOffset());
  }

  /** kafkajs moves its own position over such a batch; the handlers' must follow, or they would never reach the end. */
  onEmptyBatch(batch: EmptyBatch): void {
    const { tracker, handlers } = this.#options;
    const { topic, partition, batchSize, fetchedOffset, lastOffset, highWatermark } = batch;
    if (batchSize > 0 || topic !== this.#options.topic) return;
    const verdict = tracker.judgeFetch(partition, BigInt(fetchedOffset));
    if (verdict.kind === 'seek') this.seek(partition, verdict.offset);
    if (verdict.kind !== 'deliver') return;
    const nextOffset = BigInt(lastOffset) + 1n;
    tracker.moveTo(partition, nextOffset);
    handlers.onRecords(tracker.epoch, partition, [], nextOffset, BigInt(highWatermark));
  }
}

function toRawRecord(message: EachBatchPayload['batch']['messages'][number]): RawRecord {
  return {
    offset: BigInt(message.offset),
    timestampMs: Number(message.timestamp),
    key: message.key,
    value: message.value,
    headers: readHeaders(message.headers),
  };
}
