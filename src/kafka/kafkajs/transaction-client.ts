import type { Transaction } from 'kafkajs';
import kafkajs, { type CompressionTypes as CompressionType, type RetryOptions } from 'kafkajs';
import { setTimeout as delay } from 'node:timers/promises';
import { IllegalStateError } from '../../errors.js';
import type { OffsetToCommit, PartitionRecords } from '../driver.js';
import type { KafkaClient, KafkaClientFactory } from './connection-config.js';
import { isAnswered, type SendMark, sentOnce } from './patches/send-once.js';
import { type FencedMember, withMember } from './patches/txn-offset-commit.js';
import { judgeKafkaError } from './judge-kafka-error.js';
import { compressionTypes, type ProducerCompression, toMessage } from './producer-client.js';

const { Partitioners } = kafkajs;

/** Above the longest transaction by far; a crashed process blocks readers and successors with other ids for so long. */
const transactionTimeoutMs = 15_000;

/**
 * Short first steps, as the broker answers "the last transaction is still being written" to whoever is fast: kafkajs's
 * usual 300 ms allow four transactions a second. About 4 s in all; after that the caller starts afresh.
 */
const transactionRetry: RetryOptions = {
  initialRetryTime: 20,
  maxRetryTime: 1_000,
  retries: 12,
  factor: 0.2,
  multiplier: 1.5,
};

const concurrentRetryMs = 3;
const concurrentRetryCount = 1_000;

export interface TransactionClientOptions {
  readonly createClient: KafkaClientFactory;
  readonly compression: ProducerCompression;
  readonly transactionalId: string;
}

/** What a transaction commits, and who. */
export interface GroupOffsets {
  readonly groupId: string;
  readonly topic: string;
  readonly member: FencedMember;
  readonly offsets: readonly OffsetToCommit[];
}

/**
 * One kafkajs producer with the transactional id, from its initialisation to its first error.
 *
 * Never used after an error: a request of which nobody knows whether it arrived could otherwise hit the next transaction.
 * Initialising the next one raises the producer's epoch, and the broker refuses whatever was under way.
 */
export class TransactionClient {
  readonly #client: KafkaClient;
  readonly #producer;
  readonly #compression: CompressionType;
  #prepared: Promise<void> | undefined;
  #transaction: Transaction | undefined;
  #isSending = false;
  /** Of the records of the transaction. */
  #marks: SendMark[] = [];
  #isDiscarded = false;

  constructor({ createClient, compression, transactionalId }: TransactionClientOptions) {
    // A client of its own: kafkajs marks the offsets as committed in a cache that consumers of the client share.
    this.#client = createClient(transactionRetry);
    this.#compression = compressionTypes[compression];
    this.#producer = this.#client.kafka.producer({
      transactionalId,
      transactionTimeout: transactionTimeoutMs,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: transactionRetry,
    });
  }

  /**
   * Connects and initialises: ends what an earlier producer with this id left open and shuts that one out.
   *
   * @throws whatever kafkajs throws
   */
  prepare(): Promise<void> {
    this.#prepared ??= this.#prepare();
    return this.#prepared;
  }

  /**
   * Begins a transaction and sends all of it, but does not decide it.
   *
   * The offsets go first, though kafkajs's users are told to send records first because kafkajs does not repeat the
   * request for offsets while the last transaction is being written. Repeating it here takes 3 ms, kafkajs's repetition of
   * records 20 and reads the cluster's metadata again; and a process that lost its partitions is refused before it has sent
   * anything. A successor waits for stable offsets in either order.
   *
   * @throws whatever kafkajs throws
   */
  async fill(offsets: GroupOffsets, records: readonly PartitionRecords[]): Promise<void> {
    await this.prepare();
    const transaction = await this.#producer.transaction();
    this.#transaction = transaction;
    await sendOffsets(transaction, offsets);
    this.#marks = [];
    this.#isSending = true;
    try {
      for (const round of roundsOf(records)) await this.#send(transaction, round);
    } finally {
      this.#isSending = false;
    }
  }

  async #send(transaction: Transaction, round: readonly PartitionRecords[]): Promise<void> {
    this.#checkIsWanted();
    const topicMessages = round.map(({ topic, partition, records }) => {
      const { messages, mark } = sentOnce(records.map(record => toMessage(record, partition)));
      this.#marks.push(mark);
      return { topic, messages };
    });
    await transaction.sendBatch({ acks: -1, compression: this.#compression, topicMessages });
  }

  /** Commits what `fill` began. @throws whatever kafkajs throws; whether it is committed is not known then */
  async commit(): Promise<void> {
    this.#checkIsWanted();
    await this.#transaction!.commit();
    this.#transaction = undefined;
  }

  /**
   * Gives the transaction up if that can be done, so that nobody waits for it, and cuts the connections.
   *
   * Not while records may still be under way: a broker before Kafka 3.6 takes those that come after the abort for the beginning of the
   * producer's next transaction, and they would be committed with that. They are refused where the next initialisation ends the transaction,
   * as it raises the epoch on their partitions.
   */
  async discard(abort: 'abort' | 'leave'): Promise<void> {
    this.#isDiscarded = true;
    if (abort === 'abort' && this.canAbort) await this.#transaction?.abort().catch(() => undefined);
    await this.#producer.disconnect().catch(() => undefined);
    this.#client.destroy();
  }

  #checkIsWanted(): void {
    if (this.#isDiscarded) throw new IllegalStateError('the transaction was given up');
  }

  /** Whether no record of the transaction is under way. */
  get canAbort(): boolean {
    return !this.#isSending && this.#marks.every(isAnswered);
  }

  async #prepare(): Promise<void> {
    await this.#producer.connect();
    // kafkajs initialises with the first transaction; an empty one sends nothing else.
    const transaction = await this.#producer.transaction();
    await transaction.abort();
  }
}

async function sendOffsets(transaction: Transaction, of: GroupOffsets): Promise<void> {
  const { groupId, topic, member, offsets } = of;
  const partitions = offsets.map(({ partition, offset, metadata }) => ({
    partition,
    offset: offset.toString(),
    metadata,
  }));
  const topics = withMember([{ topic, partitions }], member);
  for (let count = 1; ; count += 1) {
    try {
      await transaction.sendOffsets({ consumerGroupId: groupId, topics });
      return;
    } catch (error) {
      const isTooEarly = judgeKafkaError(error).type === 'CONCURRENT_TRANSACTIONS';
      if (!isTooEarly || count === concurrentRetryCount) throw error;
    }
    await delay(concurrentRetryMs);
  }
}

/** Requests that can go side by side: each partition once in each, as kafkajs makes one batch of a partition's records. */
function roundsOf(records: readonly PartitionRecords[]): PartitionRecords[][] {
  const rounds: PartitionRecords[][] = [];
  const nextRound = new Map<string, number>();
  for (const entry of records) {
    const name = `${entry.topic}/${entry.partition}`;
    const round = nextRound.get(name) ?? 0;
    nextRound.set(name, round + 1);
    (rounds[round] ??= []).push(entry);
  }
  return rounds;
}
