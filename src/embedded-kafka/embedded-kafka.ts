import { Broker, nodeId } from './broker.js';
import { type Faults } from './hooks/faults.js';
import { moveCoordinator, type CoordinatorKey, type CoordinatorMove } from './hooks/move-coordinator.js';
import { decompressKnown } from './log/decompress.js';
import { type PartitionLog } from './log/partition-log.js';
import { brokerSettings, type EmbeddedKafkaOptions } from './options.js';
import { readBatchHeader } from './protocol/record-batch.js';
import { readRecords, type Decompress, type StoredRecord } from './protocol/records.js';
import { KafkaServer } from './server.js';
import { fenceProducer } from './transactions/fence-producer.js';
import {
  viewGroup,
  viewOffsets,
  viewPendingOffsets,
  viewTransaction,
  type GroupOffset,
  type GroupView,
  type LogBatch,
  type TransactionView,
} from './views.js';

/**
 * A Kafka broker in this process, for tests, demos and local work: real clients connect to it over TCP.
 *
 * It keeps everything in memory and has one node, no replication, no disk and no access rights.
 * Consumer groups of the classic protocol (static members too), idempotent and transactional producers, all compressions (stored as they come) and the usual
 * admin requests work as in Kafka.
 *
 * ```ts
 * const broker = await EmbeddedKafka.start();
 * const kafka = new Kafka({ brokers: [broker.brokers] });
 * // ...
 * await broker.stop();
 * ```
 */
export class EmbeddedKafka {
  /** Pending or done: starting and stopping take turns. */
  private transition: Promise<void> = Promise.resolve();

  protected constructor(
    private readonly broker: Broker,
    private server: KafkaServer | undefined,
  ) {}

  /**
   * Starts a broker and resolves when it listens.
   * @throws {Error} the port is taken
   */
  static async start(options: EmbeddedKafkaOptions = {}): Promise<EmbeddedKafka> {
    return new EmbeddedKafka(...(await EmbeddedKafka.listen(options)));
  }

  /** What the constructor needs, listening. */
  protected static async listen(options: EmbeddedKafkaOptions): Promise<[Broker, KafkaServer]> {
    const broker = new Broker(brokerSettings(options));
    const server = await KafkaServer.listen(broker, options.port ?? 0);
    broker.retention.start();
    return [broker, server];
  }

  /** `host:port`, as clients want it for their list of bootstrap brokers. */
  get brokers(): string {
    const { advertisedHost } = this.broker.settings;
    return `${advertisedHost.includes(':') ? `[${advertisedHost}]` : advertisedHost}:${this.broker.port}`;
  }

  /** Stays the same after `stop` and `resume`. */
  get port(): number {
    return this.broker.port;
  }

  get nodeId(): number {
    return nodeId;
  }

  get clusterId(): string {
    return this.broker.clusterId;
  }

  /**
   * Creates a topic without a client.
   * @param config - by Kafka's names, such as `max.message.bytes`
   * @throws {Error} the topic exists, or name, number or a setting is not valid
   */
  createTopic(name: string, partitions: number, config: Readonly<Record<string, string>> = {}): void {
    const result = this.broker.topics.create({
      name,
      partitionCount: partitions,
      config: Object.entries(config),
    });
    if (result.kind === 'refused') throw new Error(`cannot create topic: ${result.message}`);
  }

  /**
   * Closes the port and all connections at once, as when the broker is killed. Records, groups and offsets stay in
   * memory, so that `resume` can go on with them. Does nothing when it is already stopped.
   */
  stop(): Promise<void> {
    return this.next(async () => {
      const { server } = this;
      this.server = undefined;
      this.broker.groups.suspend();
      this.broker.transactions.suspend();
      this.broker.retention.stop();
      this.broker.faults.abandon();
      await server?.close();
    });
  }

  /**
   * Listens again on the same port after `stop`, with the same records, groups and offsets; members have a whole
   * session timeout to come back. Does nothing when it is running.
   * @throws {Error} somebody else has taken the port
   */
  resume(): Promise<void> {
    return this.next(async () => {
      if (this.server !== undefined) return;
      this.server = await KafkaServer.listen(this.broker, this.broker.port);
      this.broker.groups.resume();
      this.broker.transactions.resume();
      this.broker.retention.start();
    });
  }

  /** Disturbs requests: errors, lost requests and answers, delays, closed connections. */
  get faults(): Faults {
    return this.broker.faults;
  }

  /**
   * Ends a member's session, as when it was silent for its session timeout: the group shares out its partitions again,
   * and it learns of that from the error to its next request.
   * @throws {Error} the group has no such member
   */
  expireMember(groupId: string, memberId: string): void {
    if (this.broker.groups.get(groupId)?.expire(memberId) !== true) {
      throw new Error(`group ${groupId} has no member ${memberId}`);
    }
  }

  /**
   * Fences a producer, as a newer one with its id would: its next batch is refused with INVALID_PRODUCER_EPOCH. A
   * transactional producer loses its open transaction and may not go on with any request; an idempotent one is fenced in
   * every partition that it has written to.
   * @throws {Error} no transactional id and no partition knows this producer
   */
  bumpProducerEpoch(producerId: bigint): void {
    if (!fenceProducer(this.broker, producerId)) {
      throw new Error(`no partition has batches of producer ${producerId}`);
    }
  }

  /**
   * Takes the coordinator of a group or transactional id away, as when its broker is being replaced: until `return` is
   * called, requests to it are answered with NOT_COORDINATOR and its clients find no other one. What it knows is kept.
   */
  moveCoordinator(of: CoordinatorKey): CoordinatorMove {
    return moveCoordinator(this.broker.faults, of);
  }

  /**
   * Lets transactions that end stay in `PrepareCommit` or `PrepareAbort`, as while a busy broker writes their markers: the
   * producer's commit succeeds, but readers do not see it yet, and its next transaction is told CONCURRENT_TRANSACTIONS.
   */
  holdTransactionMarkers(): { release(): void } {
    const { transactions } = this.broker;
    transactions.holdMarkers();
    return { release: () => transactions.releaseMarkers() };
  }

  /** Names of all topics. */
  topics(): string[] {
    return this.broker.topics.all().map(({ name }) => name);
  }

  /** Number of partitions of a topic; 0 when there is none of this name. */
  partitionCount(topic: string): number {
    return this.broker.topics.get(topic)?.partitions.length ?? 0;
  }

  /**
   * The batches of a partition, oldest first.
   * @throws {Error} there is no such partition
   */
  batches(topic: string, partition: number): LogBatch[] {
    return this.log(topic, partition).storedBatches.map(({ bytes }) => ({
      ...readBatchHeader(bytes),
      bytes,
    }));
  }

  /**
   * The records of a partition, oldest first, whatever became of their transactions; without control records.
   * @param decompress - opens batches; the default knows only gzip
   * @throws {Error} there is no such partition, or a batch cannot be opened
   */
  records(topic: string, partition: number, decompress: Decompress = decompressKnown): StoredRecord[] {
    const log = this.log(topic, partition);
    return log.storedBatches
      .filter(({ bytes }) => !readBatchHeader(bytes).isControl)
      .flatMap(({ bytes }) => readRecords(bytes, decompress))
      .filter(({ offset }) => offset >= log.startOffset);
  }

  /** First offset of a partition, and the one that its next record gets. @throws {Error} there is no such partition */
  offsets(topic: string, partition: number): { start: bigint; end: bigint } {
    const { startOffset, endOffset } = this.log(topic, partition);
    return { start: startOffset, end: endOffset };
  }

  /**
   * Offset before which all transactions of a partition have ended: where `read_committed` readers have to stop.
   * @throws {Error} there is no such partition
   */
  lastStableOffset(topic: string, partition: number): bigint {
    return this.log(topic, partition).lastStableOffset;
  }

  /** What a group has committed; empty for a group that does not exist. */
  committedOffsets(groupId: string): GroupOffset[] {
    const group = this.broker.groups.get(groupId);
    return group === undefined ? [] : viewOffsets(group);
  }

  /** What open transactions want to commit for a group. */
  pendingOffsets(groupId: string): GroupOffset[] {
    const group = this.broker.groups.get(groupId);
    return group === undefined ? [] : viewPendingOffsets(group);
  }

  /** State of a transactional id; `undefined` for one that no producer has initialised. */
  transaction(transactionalId: string): TransactionView | undefined {
    const transaction = this.broker.transactions.get(transactionalId);
    return transaction === undefined ? undefined : viewTransaction(transaction);
  }

  /** State and members of a group; `undefined` for one that does not exist. */
  group(groupId: string): GroupView | undefined {
    const group = this.broker.groups.get(groupId);
    return group === undefined ? undefined : viewGroup(group);
  }

  private log(topic: string, partition: number): PartitionLog {
    const found = this.broker.topics.get(topic)?.partition(partition);
    if (found === undefined) throw new Error(`no partition ${topic}[${partition}]`);
    return found.log;
  }

  /** Runs after whatever start or stop is still under way, also when that failed. */
  private next(action: () => Promise<void>): Promise<void> {
    this.transition = this.transition.then(action, action);
    return this.transition;
  }
}
