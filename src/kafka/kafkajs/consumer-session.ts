import kafkajs, { type Assigner, type Consumer, type RetryOptions } from 'kafkajs';
import type { ConsumerOptions } from '../driver.js';
import { checkTransactions } from './check-transactions.js';
import type { KafkaClient } from './connection-config.js';
import type { Cluster } from './kafkajs-internals.js';
import { listenToOffsets } from './offset-fetch-listener.js';
import { offsetOfEmptyBatch } from './patches/empty-batches.js';
import { withInstanceId } from './patches/static-membership.js';
import type { PartitionFlow } from './partition-flow.js';
import { hookGroupCoordinator } from './placement/group-coordinator-hooks.js';
import type { GroupVoice } from './placement/group-voice.js';
import { placementAssigner, readStatement } from './placement/placement-assigner.js';
import { SteadyHeartbeat } from './steady-heartbeat.js';

const { PartitionAssigners } = kafkajs;

/** Retries inside one membership, about 18 s: enough for a leader to move. */
const sessionRetry: RetryOptions = {
  initialRetryTime: 300,
  maxRetryTime: 3_000,
  retries: 8,
  factor: 0.2,
  multiplier: 2,
  // Whoever runs sessions makes a new one: kafkajs's own restart is silent, and gives up on some errors.
  restartOnFailure: () => Promise.resolve(false),
};

export interface ConsumerSessionOptions {
  readonly client: KafkaClient;
  readonly options: ConsumerOptions;
  readonly flow: PartitionFlow;
  readonly voice: GroupVoice;
  /** The member that crashed before; null: none. */
  readonly formerMemberId: string | null;
  /** A generation begins. */
  readonly onGroupJoin: () => void;
  /** A handler threw: nothing can be delivered any more. */
  readonly onHandlerError: (error: unknown) => void;
}

/** One kafkajs consumer from connecting to its end. It never restarts. */
export class ConsumerSession {
  readonly #options: ConsumerSessionOptions;
  readonly #consumer: Consumer;
  readonly #heartbeat: SteadyHeartbeat;
  readonly #down: Promise<unknown>;
  #reportDown: (error: unknown) => void = () => undefined;
  #cluster: Cluster | undefined;
  #isClosed = false;
  #phase: 'connecting' | 'joining' | 'running' | 'ended' = 'connecting';

  constructor(options: ConsumerSessionOptions) {
    this.#options = options;
    this.#heartbeat = new SteadyHeartbeat(options.options);
    this.#down = new Promise(resolve => (this.#reportDown = resolve));
    this.#consumer = this.#createConsumer();
    options.flow.seek = (partition, offset) =>
      ifRunning(() =>
        this.#consumer.seek({ topic: options.options.topic, partition, offset: offset.toString() }),
      );
    this.#subscribeToEvents();
  }

  /** Connects and consumes. @returns what brought it down; undefined after `close`. Never rejects. */
  async run(): Promise<unknown> {
    const error = await this.#run().catch((thrown: unknown) => thrown);
    this.#phase = 'ended';
    this.#heartbeat.stop();
    await this.#consumer.disconnect().catch(() => undefined);
    return this.#isClosed ? undefined : error;
  }

  /** Whether a member of the group may have to be signed off. */
  get hasJoined(): boolean {
    return this.#phase === 'joining' || this.#phase === 'running';
  }

  /** Makes `run` leave the group and return. */
  close(): void {
    this.#isClosed = true;
    this.#reportDown(undefined);
    // Cuts waiting for a broker short. Not while it joins: a kafkajs consumer that is disconnected then connects again.
    if (this.#phase === 'connecting') void this.#consumer.disconnect().catch(() => undefined);
  }

  pause(partitions: readonly number[]): void {
    if (partitions.length > 0) ifRunning(() => this.#consumer.pause(this.#select(partitions)));
  }

  resume(partitions: readonly number[]): void {
    if (partitions.length > 0) ifRunning(() => this.#consumer.resume(this.#select(partitions)));
  }

  #select(partitions: readonly number[]): { topic: string; partitions: number[] }[] {
    return [{ topic: this.#options.options.topic, partitions: [...partitions] }];
  }

  async #run(): Promise<unknown> {
    const { options, flow, onHandlerError } = this.#options;
    await this.#consumer.connect();
    if (this.#hasClosed()) return undefined;
    await this.#consumer.subscribe({
      topics: [options.topic],
      fromBeginning: options.startFrom === 'earliest',
    });
    if (this.#hasClosed()) return undefined;
    await this.#checkTransactions();
    if (this.#hasClosed()) return undefined;
    await this.#signOffFormerMember().catch(() => undefined);
    if (this.#hasClosed()) return undefined;
    await this.#meetMembers().catch(() => undefined);
    if (this.#hasClosed()) return undefined;
    this.#phase = 'joining';
    await this.#consumer.run({
      autoCommit: false,
      // The flow resolves itself: what it drops must be read again, and kafkajs's own call can throw into its loop.
      eachBatchAutoResolve: false,
      eachBatch: payload => {
        try {
          if (!this.#isClosed) flow.onBatch(payload);
        } catch (error) {
          onHandlerError(error);
        }
        return Promise.resolve();
      },
    });
    this.#phase = 'running';
    return this.#down;
  }

  /** Before the first record is read: what cannot be committed must not be begun. */
  async #checkTransactions(): Promise<void> {
    const { transactionalId, groupId } = this.#options.options;
    if (transactionalId === undefined || this.#cluster === undefined) return;
    await checkTransactions(this.#cluster, transactionalId, groupId);
  }

  /**
   * A member whose consumer crashed could not leave. Until its session ends the broker would hold up the next
   * generation for it: after an outage of seconds nothing would be read for the whole session time-out.
   */
  async #signOffFormerMember(): Promise<void> {
    const { options, formerMemberId } = this.#options;
    const { groupId, groupInstanceId } = options;
    // Under the same name it takes its own place.
    if (formerMemberId === null || groupInstanceId !== undefined || this.#cluster === undefined) return;
    const coordinator = await this.#cluster.findGroupCoordinator({ groupId });
    await coordinator.leaveGroup({ groupId, memberId: formerMemberId });
  }

  /** Whoever is a member now and will be gone when this one has joined was killed: see `findDepartedProducers`. */
  async #meetMembers(): Promise<void> {
    const { groupId, transactionalId, placement } = this.#options.options;
    if (transactionalId === undefined || placement !== 'by-file' || this.#cluster === undefined) return;
    const coordinator = await this.#cluster.findGroupCoordinator({ groupId });
    const { groups } = await coordinator.describeGroups({ groupIds: [groupId] });
    const members = groups.flatMap(group => group.members);
    this.#options.voice.onMembersFound(members.map(({ memberMetadata }) => readStatement(memberMetadata)));
  }

  /** A method, as the compiler takes a field for unchanged over an `await`. */
  #hasClosed(): boolean {
    return this.#isClosed;
  }

  #createConsumer(): Consumer {
    const { client, options, flow, voice } = this.#options;
    return client.kafka.consumer({
      groupId: options.groupId,
      sessionTimeout: options.sessionTimeoutMs,
      heartbeatInterval: options.heartbeatIntervalMs,
      rebalanceTimeout: options.rebalanceTimeoutMs,
      maxBytesPerPartition: options.maxBytesPerPartition,
      maxBytes: options.maxBytes,
      minBytes: options.minBytes,
      maxWaitTimeInMs: options.maxWaitMs,
      metadataMaxAge: options.metadataMaxAgeMs,
      allowAutoTopicCreation: false,
      retry: sessionRetry,
      partitionAssigners: [
        config => {
          // The only public way to the object that tells this consumer from others in the process.
          this.#cluster = config.cluster as unknown as Cluster;
          listenToOffsets(this.#cluster, flow);
          if (options.placement === 'spread') return PartitionAssigners.roundRobin(config);
          hookGroupCoordinator(this.#cluster, voice);
          return namedMember(placementAssigner(() => voice.state())(config), options.groupInstanceId);
        },
      ],
    });
  }

  #subscribeToEvents(): void {
    const { flow, onGroupJoin, onHandlerError } = this.#options;
    const guarded = (act: () => void) => {
      try {
        if (!this.#isClosed) act();
      } catch (error) {
        onHandlerError(error);
      }
    };
    const { GROUP_JOIN, HEARTBEAT, REBALANCING, START_BATCH_PROCESS, STOP, CRASH } = this.#consumer.events;
    this.#consumer.on(GROUP_JOIN, () =>
      guarded(() => {
        onGroupJoin();
        if (this.#phase !== 'ended') this.#heartbeat.begin(flow.manager);
      }),
    );
    this.#consumer.on(HEARTBEAT, () => this.#heartbeat.wasSent());
    this.#consumer.on(REBALANCING, () => this.#heartbeat.stop());
    // Also when it crashes: it disconnects before it says so, and a search for the coordinator would connect again.
    this.#consumer.on(STOP, () => this.#heartbeat.stop());
    this.#consumer.on(START_BATCH_PROCESS, ({ payload }) =>
      guarded(() => flow.onEmptyBatch({ ...payload, fetchedOffset: offsetOfEmptyBatch() })),
    );
    this.#consumer.on(CRASH, ({ payload }) => this.#reportDown(payload.error));
  }
}

function namedMember(assigner: Assigner, groupInstanceId: string | undefined): Assigner {
  return { ...assigner, protocol: of => withInstanceId(assigner.protocol(of), groupInstanceId) };
}

/** kafkajs throws while it is not running. The next generation gets pauses and positions anyway. */
function ifRunning(act: () => void): void {
  try {
    act();
  } catch {
    // not running
  }
}
