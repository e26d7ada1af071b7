import type { OffsetToCommit, PartitionRecords } from '../../src/kafka/driver.js';
import type { OffsetManager } from '../../src/kafka/kafkajs/kafkajs-internals.js';
import { TransactionCommitter } from '../../src/kafka/kafkajs/transaction-committer.js';
import { createLogger } from '../../src/logger.js';
import type { EventOwner } from './scheduler.js';
import type { SimulatedKafka } from './simulated-kafka.js';
import { resultOf } from './simulated-producer.js';
import { requestTo } from './simulated-request.js';
import { simulatedClient } from './simulated-transactional-client.js';
import { kafkaError } from './simulated-transactions.js';

export interface Membership {
  readonly memberId: string;
  readonly generation: number;
}

/** What a consumer knows of the generation in which it commits. */
export interface CommittingGeneration {
  readonly membership: () => Membership;
  readonly isCurrent: () => boolean;
  /** Whether the present generation goes on from it with nothing lost on the way. */
  readonly goesOn: () => boolean;
}

const logger = createLogger({ level: 'silent', name: 'simulation', format: 'json' });
const groupId = 'simulation';
const topic = 'chunks';

/** Commits in transactions: the driver's real rules, on the simulated coordinators. */
export class SimulatedMember {
  readonly #kafka: SimulatedKafka;
  readonly #worker: string;
  readonly #owner: EventOwner;
  readonly #committer: TransactionCommitter;

  constructor(kafka: SimulatedKafka, worker: string, owner: EventOwner, transactionalId: string) {
    this.#kafka = kafka;
    this.#worker = worker;
    this.#owner = owner;
    this.#committer = new TransactionCommitter({
      createClient: () => simulatedClient(kafka, worker, owner),
      compression: 'none',
      ...{ transactionalId, topic, brokers: [], logger },
    });
  }

  takeOver(): void {
    this.#committer.takeOver();
  }

  async commit(
    { membership, isCurrent, goesOn }: CommittingGeneration,
    records: readonly PartitionRecords[],
    offsets: readonly OffsetToCommit[],
  ): Promise<'committed' | 'stale'> {
    const manager = this.#managerOf(membership());
    const continued = () => (goesOn() ? this.#managerOf(membership()) : undefined);
    const { facts } = this.#kafka.world;
    const partitions = offsets.map(({ partition }) => partition);
    facts.add({ kind: 'transaction-begun', worker: this.#worker, partitions });
    const result = await this.#committer
      .commit({ manager, isCurrent, continued }, records, offsets)
      .finally(() => facts.add({ kind: 'transaction-told', worker: this.#worker }));
    if (result !== 'committed') return result;
    const results = records.filter(one => one.topic === 'results').flatMap(one => one.records);
    for (const { callId } of results.map(resultOf))
      facts.add({ kind: 'acknowledged', worker: this.#worker, callId });
    return result;
  }

  /** As the broker would answer. */
  committedOffsets(): { partition: number; offset: string; metadata: string }[] {
    return [...this.#kafka.committed.values()].map(({ partition, offset, metadata }) => {
      return { partition, offset: offset.toString(), metadata };
    });
  }

  close(): void {
    this.#committer.close();
  }

  /** As much of kafkajs's consumer as the driver asks for what the broker knows. */
  #managerOf({ memberId, generation }: Membership): OffsetManager {
    const coordinator = {
      heartbeat: () => this.#ask(() => this.#heartbeat(memberId, generation)),
      offsetFetch: () => this.#ask(() => this.#stableOffsets()),
    };
    const cluster = { findGroupCoordinator: () => Promise.resolve(coordinator) };
    return { groupId, memberId, generationId: generation, cluster } as unknown as OffsetManager;
  }

  #heartbeat(memberId: string, generation: number): void {
    const refusal = this.#kafka.group.refusalOf(memberId, generation);
    if (refusal !== undefined) throw kafkaError(refusal);
  }

  #stableOffsets() {
    const { logs, transactions } = this.#kafka;
    if (logs.some((_, partition) => transactions.isUnstable(partition)))
      throw kafkaError('UNSTABLE_OFFSET_COMMIT');
    return { responses: [{ topic, partitions: this.committedOffsets() }] };
  }

  #ask<T>(action: () => T): Promise<T> {
    return requestTo(this.#kafka, this.#owner, `coordinator ${this.#worker}`, 'commit', action);
  }
}
