import { setTimeout as delay } from 'node:timers/promises';
import { BrokerError } from '../../errors.js';
import type { Logger } from '../../logger.js';
import type { OffsetToCommit, PartitionRecords } from '../driver.js';
import { stableOnly } from './patches/offset-fetch.js';
import { judgeKafkaError, toBrokerError } from './judge-kafka-error.js';
import type { OffsetManager } from './kafkajs-internals.js';
import { TransactionClient, type TransactionClientOptions } from './transaction-client.js';

const firstBackoffMs = 50;
const maxBackoffMs = 1_000;

/** The membership under which something is committed. */
export interface CommittingMember {
  readonly manager: OffsetManager;
  /** Whether, as far as is known here, the member is still in that generation. */
  readonly isCurrent: () => boolean;
  /** The membership that goes on from this one with nothing lost on the way; undefined: there is none. */
  readonly continued: () => OffsetManager | undefined;
}

export interface TransactionCommitterOptions extends TransactionClientOptions {
  readonly topic: string;
  readonly brokers: readonly string[];
  readonly logger: Logger;
}

/**
 * Commits results and offsets together, each transaction wholly or not at all.
 *
 * After any error the producer is thrown away and a new one takes its id. If the error came before the commit was asked for,
 * nothing of the transaction can become visible. If it came after, the committed offsets say which it was: they are
 * read once the new producer is initialised, when no older transaction can be undecided.
 *
 * A producer is made only while the broker confirms the membership. Otherwise a process that was paused, lost its
 * partitions and goes on would shut out its successor's producer before it notices.
 */
export class TransactionCommitter {
  readonly #options: TransactionCommitterOptions;
  #client: TransactionClient | undefined;
  #isClosed = false;

  constructor(options: TransactionCommitterOptions) {
    this.#options = options;
  }

  /**
   * The member just got partitions: ends at once whatever their last owner left undecided, which would otherwise hold
   * up reading for the transaction's time-out.
   *
   * @param departed transactional ids of members that are gone
   */
  takeOver(departed: readonly string[] = []): void {
    this.#discard(this.#client, 'leave');
    if (this.#isClosed) return;
    for (const transactionalId of departed) void this.#shutOut(transactionalId);
    const client = new TransactionClient(this.#options);
    this.#client = client;
    client.prepare().catch((error: unknown) => {
      this.#options.logger.debug({ err: error }, 'the transactional producer could not be initialised');
      this.#discard(client, 'leave');
    });
  }

  /** Ends what the producer of a member that is gone left undecided. Should that fail, its time-out ends it. */
  async #shutOut(transactionalId: string): Promise<void> {
    const { logger } = this.#options;
    const client = new TransactionClient({ ...this.#options, transactionalId });
    try {
      await client.prepare();
      logger.debug({ transactionalId }, 'ended what a member that is gone left undecided');
    } catch (error) {
      logger.debug({ err: error, transactionalId }, 'the producer of a member that is gone was not shut out');
    }
    await client.discard('leave');
  }

  /**
   * One at a time.
   *
   * @returns `stale`: the broker refused it because the member is not in this generation any more, or that was known
   *   before. If the partitions are lost as well it may have happened; the next owner starts from what is committed
   * @throws {BrokerError} nothing of it happened
   */
  async commit(
    member: CommittingMember,
    records: readonly PartitionRecords[],
    offsets: readonly OffsetToCommit[],
  ): Promise<'committed' | 'stale'> {
    const { groupId, memberId, generationId } = member.manager;
    const { topic } = this.#options;
    let client: TransactionClient | undefined;
    let hasAskedToCommit = false;
    try {
      client = await this.#currentClient(member.manager);
      if (client === undefined || !member.isCurrent()) return 'stale';
      await client.fill({ groupId, topic, member: { memberId, generationId }, offsets }, records);
      hasAskedToCommit = true;
      await client.commit();
      return 'committed';
    } catch (error) {
      this.#options.logger.debug({ err: error, hasAskedToCommit }, 'a transaction failed');
      this.#discard(client, hasAskedToCommit ? 'leave' : 'abort');
      if (!hasAskedToCommit && client?.canAbort === false) void this.#endOpen(member.manager);
      if (!hasAskedToCommit) return this.#notCommitted(error);
      return this.#findOut(member, offsets, error);
    }
  }

  /** Ends a transaction that could not be aborted, which others would wait for: its producer is initialised for the next one. */
  async #endOpen(manager: OffsetManager): Promise<void> {
    let client: TransactionClient | undefined;
    try {
      client = await this.#currentClient(manager);
      await client?.prepare();
    } catch (error) {
      this.#options.logger.debug({ err: error }, 'the transactional producer could not be initialised');
      this.#discard(client, 'leave');
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#discard(this.#client, 'abort');
  }

  #notCommitted(error: unknown): 'stale' {
    if (judgeKafkaError(error).kind === 'stale') return 'stale';
    throw toBrokerError('cannot produce results and commit their offsets', error, {
      brokers: this.#options.brokers,
    });
  }

  async #findOut(
    member: CommittingMember,
    offsets: readonly OffsetToCommit[],
    cause: unknown,
  ): Promise<'committed' | 'stale'> {
    for (let failureCount = 0; !this.#isClosed; failureCount += 1) {
      const manager = member.continued();
      if (manager === undefined) break;
      const isCommitted = await this.#tryToFindOut(manager, offsets);
      if (isCommitted === true) return 'committed';
      if (isCommitted === false) return this.#notCommitted(asRetriable(cause));
      await delay(Math.min(firstBackoffMs * 2 ** failureCount, maxBackoffMs));
    }
    return 'stale';
  }

  /** @returns undefined when it could not be found out now */
  async #tryToFindOut(
    manager: OffsetManager,
    offsets: readonly OffsetToCommit[],
  ): Promise<boolean | undefined> {
    let client: TransactionClient | undefined;
    try {
      client = await this.#currentClient(manager);
      if (client === undefined) return undefined;
      await client.prepare();
      return await this.#areCommitted(manager, offsets);
    } catch (error) {
      this.#options.logger.debug({ err: error }, 'what became of a transaction is not known yet');
      // Unstable offsets are somebody else's transaction, e.g. of a former configuration; the producer is good.
      if (judgeKafkaError(error).type !== 'UNSTABLE_OFFSET_COMMIT') this.#discard(client, 'leave');
      return undefined;
    }
  }

  /** What is committed differs before and after each transaction, as `ConsumerPort.commitTransaction` asks for. */
  async #areCommitted(manager: OffsetManager, offsets: readonly OffsetToCommit[]): Promise<boolean> {
    const { topic } = this.#options;
    const partitions = offsets.map(({ partition }) => ({ partition }));
    // Not `manager.getCoordinator()`: the consumer's listener would take the answer for its start positions.
    const coordinator = await manager.cluster.findGroupCoordinator({ groupId: manager.groupId });
    const { responses } = await coordinator.offsetFetch({
      groupId: manager.groupId,
      topics: stableOnly([{ topic, partitions }]),
    });
    const found = new Map(
      responses.flatMap(entry => entry.partitions.map(one => [one.partition, one] as const)),
    );
    return offsets.every(({ partition, offset, metadata }) => {
      const committed = found.get(partition);
      return committed?.offset === offset.toString() && committed.metadata === metadata;
    });
  }

  /** The producer, or a new one if the broker still knows the member; undefined if it does not. */
  async #currentClient(manager: OffsetManager): Promise<TransactionClient | undefined> {
    if (this.#client !== undefined) return this.#client;
    if (this.#isClosed || !(await isMember(manager)) || this.#hasClosed()) return undefined;
    this.#client ??= new TransactionClient(this.#options);
    return this.#client;
  }

  /** A method, as the compiler takes a field for unchanged over an `await`. */
  #hasClosed(): boolean {
    return this.#isClosed;
  }

  #discard(client: TransactionClient | undefined, abort: 'abort' | 'leave'): void {
    if (client === this.#client) this.#client = undefined;
    void client?.discard(abort);
  }
}

async function isMember(manager: OffsetManager): Promise<boolean> {
  const { groupId, memberId, generationId } = manager;
  const coordinator = await manager.cluster.findGroupCoordinator({ groupId });
  try {
    await coordinator.heartbeat({ groupId, memberId, groupGenerationId: generationId });
    return true;
  } catch (error) {
    const { kind, type } = judgeKafkaError(error);
    // The generation is about to end; until it does, the member is in it.
    if (type === 'REBALANCE_IN_PROGRESS') return true;
    if (kind === 'stale') return false;
    throw error;
  }
}

/** It did not happen and may be tried again, whatever the answer to the commit said. */
function asRetriable(cause: unknown): BrokerError {
  const { reason } = judgeKafkaError(cause);
  return new BrokerError(`the transaction was not committed: ${reason}`, { cause, retriable: true });
}
