import { setTimeout as delay } from 'node:timers/promises';
import { BrokerError, IllegalStateError } from '../../errors.js';
import type { Logger } from '../../logger.js';
import type {
  ConnectionOptions,
  ConsumerHandlers,
  ConsumerOptions,
  ConsumerPort,
  OffsetToCommit,
  PartitionRecords,
} from '../driver.js';
import { AssignmentTracker } from './assignment-tracker.js';
import { commitOffsets } from './commit-offsets.js';
import type { KafkaClient, KafkaClientFactory } from './connection-config.js';
import { ConsumerSession } from './consumer-session.js';
import { findWrongProtocol } from './find-wrong-protocol.js';
import { judgeKafkaError, toBrokerError } from './judge-kafka-error.js';
import { PartitionFlow } from './partition-flow.js';
import { GroupVoice } from './placement/group-voice.js';
import type { ProducerCompression } from './producer-client.js';
import { adviceForClosedConnection, wasConnectionEnded } from './tls-advice.js';
import { type CommittingMember, TransactionCommitter } from './transaction-committer.js';

const firstBackoffMs = 250;
const maxBackoffMs = 2_000;

interface OpenSession {
  readonly client: KafkaClient;
  readonly session: ConsumerSession;
  readonly flow: PartitionFlow;
}

/**
 * A member of a consumer group that goes on for ever: whenever its kafkajs consumer crashes, for whatever reason, a
 * new one takes its place, as a new member with a higher epoch that keeps nothing.
 */
export class GroupConsumer implements ConsumerPort {
  readonly #options: ConsumerOptions;
  readonly #connection: ConnectionOptions;
  readonly #createClient: KafkaClientFactory;
  readonly #logger: Logger;
  readonly #handlers: ConsumerHandlers;
  readonly #tracker = new AssignmentTracker();
  readonly #voice: GroupVoice;
  readonly #paused = new Set<number>();
  readonly #stopping = new AbortController();
  readonly #firstJoin: Promise<void>;
  readonly #transactions: TransactionCommitter | undefined;
  #reportStarted: () => void = () => undefined;
  #open: OpenSession | undefined;
  #ended: Promise<void> | undefined;
  #failureCount = 0;
  #handlerError: unknown;

  constructor(
    options: ConsumerOptions,
    handlers: ConsumerHandlers,
    driver: {
      connection: ConnectionOptions;
      createClient: KafkaClientFactory;
      compression: ProducerCompression;
      logger: Logger;
    },
  ) {
    this.#options = options;
    this.#handlers = handlers;
    this.#connection = driver.connection;
    this.#createClient = driver.createClient;
    this.#logger = driver.logger;
    this.#voice = new GroupVoice({
      options,
      tracker: this.#tracker,
      openVersions: () => handlers.openVersions?.() ?? [],
    });
    this.#firstJoin = new Promise(resolve => (this.#reportStarted = resolve));
    const { topic, transactionalId } = options;
    if (transactionalId === undefined) return;
    this.#transactions = new TransactionCommitter({
      ...driver,
      brokers: driver.connection.brokers,
      topic,
      transactionalId,
    });
  }

  start(): Promise<void> {
    this.#ended ??= this.#supervise().finally(this.#reportStarted);
    return this.#firstJoin;
  }

  tellScattered(file: string): void {
    this.#voice.tellScattered(file);
  }

  compareOpenVersions(): void {
    this.#voice.compareOpenVersions();
  }

  pause(partitions: readonly number[]): void {
    for (const partition of partitions) this.#paused.add(partition);
    this.#open?.session.pause(partitions.filter(partition => this.#tracker.owns(partition)));
  }

  resume(partitions: readonly number[]): void {
    for (const partition of partitions) this.#paused.delete(partition);
    this.#open?.session.resume(partitions.filter(partition => this.#tracker.owns(partition)));
  }

  async commit(epoch: number, offsets: readonly OffsetToCommit[]): Promise<'committed' | 'stale'> {
    const member = this.#committingMember(epoch, offsets);
    if (member === undefined) return 'stale';
    if (offsets.length === 0) return 'committed';
    return commitOffsets(member.manager, this.#options.topic, offsets, member.isCurrent);
  }

  async commitTransaction(
    epoch: number,
    records: readonly PartitionRecords[],
    offsets: readonly OffsetToCommit[],
  ): Promise<'committed' | 'stale'> {
    if (this.#transactions === undefined) throw new IllegalStateError('the consumer has no transactional id');
    const member = this.#committingMember(epoch, offsets);
    if (member === undefined) return 'stale';
    return this.#transactions.commit(member, records, offsets);
  }

  async stop(deadlineMs: number): Promise<void> {
    const hasJoined = this.#open?.session.hasJoined === true;
    this.#stopping.abort();
    this.#tracker.leave();
    this.#open?.session.close();
    this.#transactions?.close();
    this.#reportStarted();
    // Not a member yet: nothing to sign off, and kafkajs's retries may run on for seconds.
    const ended = hasJoined ? this.#ended : undefined;
    const timer = new AbortController();
    const isInTime = await Promise.race([
      Promise.resolve(ended).then(() => true),
      delay(deadlineMs, false, { signal: timer.signal }).catch(() => false),
    ]);
    timer.abort();
    if (!isInTime || !hasJoined) this.#open?.client.destroy();
  }

  /** Undefined when offsets of this epoch may not be committed any more. */
  #committingMember(epoch: number, offsets: readonly OffsetToCommit[]): CommittingMember | undefined {
    const manager = this.#open?.flow.manager;
    const isCurrent = () => !this.#isStopping() && this.#tracker.isCurrent(epoch);
    if (manager === undefined || !isCurrent()) return undefined;
    // The broker does not check this: a member may commit what it does not own.
    if (!offsets.every(({ partition }) => this.#tracker.owns(partition))) return undefined;
    const continued = () =>
      !this.#isStopping() && this.#tracker.continues(epoch) ? this.#open?.flow.manager : undefined;
    return { manager, isCurrent, continued };
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #supervise(): Promise<void> {
    while (!this.#isStopping()) {
      this.#open = this.#openSession();
      const error = await this.#open.session.run();
      this.#tracker.leave();
      this.#open.client.destroy();
      if (this.#isStopping()) break;
      const cause = this.#handlerError ?? (await this.#findWrongProtocol(error)) ?? error;
      if (this.#isStopping() || this.#reportFailure(cause)) break;
      await this.#backOff();
    }
    this.#open = undefined;
  }

  /** Later than at the start it is an outage: the way in was right before. */
  async #findWrongProtocol(error: unknown): Promise<Error | undefined> {
    return this.#tracker.epoch > 0 ? undefined : findWrongProtocol(this.#connection, error);
  }

  /** @returns whether it is for good */
  #reportFailure(cause: unknown): boolean {
    const error = this.#describe(cause);
    const isFatal = this.#handlerError !== undefined || judgeKafkaError(cause).kind === 'forbidden';
    this.#logger.debug({ err: cause }, 'the kafkajs consumer ended');
    if (isFatal) this.#handlers.onFatal(error);
    else this.#handlers.onTrouble(error);
    return isFatal;
  }

  #describe(cause: unknown): Error {
    if (this.#handlerError !== undefined)
      return new BrokerError('the handling of records failed', { cause, retriable: false });
    const { kind } = judgeKafkaError(cause);
    const action =
      kind === 'unreachable'
        ? 'cannot reach Kafka'
        : `cannot read topic ${this.#options.topic} as group ${this.#options.groupId}`;
    const error = toBrokerError(action, cause, this.#connection);
    // Later it is an outage, which is told as one.
    if (this.#tracker.epoch > 0 || kind !== 'unreachable' || !wasConnectionEnded(error.message)) return error;
    return new BrokerError(`${error.message}; ${adviceForClosedConnection}`, {
      cause,
      retriable: true,
      isCauseTold: true,
    });
  }

  async #backOff(): Promise<void> {
    const backoffMs = Math.min(firstBackoffMs * 2 ** this.#failureCount, maxBackoffMs);
    this.#failureCount += 1;
    await delay(backoffMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }

  #openSession(): OpenSession {
    const client = this.#createClient();
    const { topic, groupId, startFrom } = this.#options;
    const flow = new PartitionFlow({
      topic,
      groupId,
      startFrom,
      handlers: this.#handlers,
      tracker: this.#tracker,
    });
    const session: ConsumerSession = new ConsumerSession({
      client,
      options: this.#options,
      flow,
      voice: this.#voice,
      formerMemberId: this.#tracker.memberId,
      onGroupJoin: () => this.#onGroupJoin(flow, session),
      onHandlerError: error => {
        this.#handlerError ??= error;
        session.close();
      },
    });
    return { client, session, flow };
  }

  #onGroupJoin(flow: PartitionFlow, session: ConsumerSession): void {
    const assignment = flow.onGroupJoin();
    if (assignment === undefined) return;
    this.#failureCount = 0;
    for (const partition of assignment.lost) this.#paused.delete(partition);
    // kafkajs keeps pauses of lost partitions, and a new kafkajs consumer has none at all.
    session.resume(assignment.lost);
    session.pause(this.#tracker.partitions.filter(partition => this.#paused.has(partition)));
    this.#logger.debug({ ...assignment }, 'joined the group');
    if (assignment.added.length > 0) this.#transactions?.takeOver(this.#voice.departedProducers);
    const { difference, runs } = this.#voice;
    this.#handlers.onAssigned({
      ...assignment,
      ...(difference === undefined ? {} : { difference }),
      ...(runs === undefined ? {} : { runs }),
    });
    this.#reportStarted();
  }
}
