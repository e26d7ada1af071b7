import { setTimeout as delay } from 'node:timers/promises';
import type { Message, Offsets } from 'kafkajs';
import type { OffsetToCommit, OutgoingRecord } from '../../src/kafka/driver.js';
import type { KafkaClient } from '../../src/kafka/kafkajs/connection-config.js';
import { memberOf } from '../../src/kafka/kafkajs/patches/txn-offset-commit.js';
import type { EventOwner } from './scheduler.js';
import { type SimulatedKafka } from './simulated-kafka.js';
import { resultOf } from './simulated-producer.js';
import { requestTo } from './simulated-request.js';
import { kafkaError, type TransactionalSender } from './simulated-transactions.js';

/** As kafkajs repeats by itself what the broker answers so. */
const concurrentRetryMs = 20;

/**
 * As much of kafkajs's client as the transactions of the driver use, on the simulated broker. Each request may be lost, its answer
 * too, and a late one arrives when its producer has long been thrown away.
 */
export function simulatedClient(kafka: SimulatedKafka, worker: string, owner: EventOwner): KafkaClient {
  const producer = ({ transactionalId }: { transactionalId: string }) =>
    new SimulatedTransactionalProducer(kafka, worker, owner, transactionalId);
  return { kafka: { producer } as never, destroy: () => undefined };
}

class SimulatedTransactionalProducer {
  readonly #kafka: SimulatedKafka;
  readonly #owner: EventOwner;
  readonly #sender: Omit<TransactionalSender, 'epoch'>;
  #epoch: number | undefined;

  constructor(kafka: SimulatedKafka, worker: string, owner: EventOwner, transactionalId: string) {
    this.#kafka = kafka;
    this.#owner = owner;
    this.#sender = { transactionalId, worker };
  }

  connect(): Promise<void> {
    return Promise.resolve();
  }

  disconnect(): Promise<void> {
    return Promise.resolve();
  }

  async transaction() {
    const { transactions } = this.#kafka;
    this.#epoch ??= await this.#repeat('produce', () =>
      transactions.initialise(this.#sender.transactionalId),
    );
    const sender: TransactionalSender = { ...this.#sender, epoch: this.#epoch };
    let isBegun = false;
    const end = async (commits: boolean): Promise<void> => {
      if (isBegun) await this.#request('commit', () => transactions.end(sender, commits));
    };
    return {
      sendOffsets: ({ topics }: Offsets) => {
        isBegun = true;
        return this.#request('commit', () => this.#addOffsets(sender, topics));
      },
      sendBatch: ({ topicMessages }: { topicMessages: { topic: string; messages: Message[] }[] }) => {
        isBegun = true;
        const recordsOf = (isMeant: (topic: string) => boolean) =>
          topicMessages
            .filter(({ topic }) => isMeant(topic))
            .flatMap(({ messages }) => messages) as unknown as OutgoingRecord[];
        return this.#addResults(
          sender,
          recordsOf(topic => topic === 'results'),
          recordsOf(topic => topic !== 'results'),
        );
      },
      commit: () => end(true),
      abort: () => end(false),
    };
  }

  #addOffsets(sender: TransactionalSender, topics: Offsets['topics']): void {
    const { memberId, generationId } = memberOf(topics);
    const refusal = this.#kafka.group.refusalOf(memberId, generationId);
    if (refusal !== undefined && refusal !== 'REBALANCE_IN_PROGRESS') throw kafkaError(refusal);
    const offsets = topics.flatMap(({ partitions }) => partitions).map(asOffsetToCommit);
    this.#kafka.transactions.addOffsets(sender, offsets);
    this.#kafka.offsetsAccepted(memberId, offsets);
  }

  #addResults(
    sender: TransactionalSender,
    records: readonly OutgoingRecord[],
    states: readonly OutgoingRecord[],
  ): Promise<void> {
    const results = records.map(resultOf);
    const { facts } = this.#kafka.world;
    for (const { callId } of results) facts.add({ kind: 'sent', worker: sender.worker, callId });
    return this.#repeat('produce', () => this.#kafka.transactions.addResults(sender, results, states));
  }

  async #repeat<T>(kind: 'commit' | 'produce', action: () => T): Promise<T> {
    for (;;) {
      try {
        return await this.#request(kind, action);
      } catch (error) {
        if (!(error instanceof Error && error.message === 'CONCURRENT_TRANSACTIONS')) throw error;
      }
      await delay(concurrentRetryMs);
    }
  }

  #request<T>(kind: 'commit' | 'produce', action: () => T): Promise<T> {
    return requestTo(this.#kafka, this.#owner, `transactions ${this.#sender.worker}`, kind, action);
  }
}

function asOffsetToCommit(of: {
  partition: number;
  offset: string;
  metadata?: string | null;
}): OffsetToCommit {
  return { partition: of.partition, offset: BigInt(of.offset), metadata: of.metadata ?? '' };
}
