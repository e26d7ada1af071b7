import type { Broker } from '../embedded-kafka/broker.js';
import { EmbeddedKafka, VirtualClock, type EmbeddedKafkaOptions } from '../embedded-kafka/index.js';
import type { KafkaServer } from '../embedded-kafka/server.js';
import { until, type WaitOptions } from './until.js';

export interface TestKafkaOptions extends Omit<EmbeddedKafkaOptions, 'clock'> {
  /** Topics to begin with, by name: their number of partitions. Others are created when they are first used. */
  readonly topics?: Readonly<Record<string, number>>;
  /** Default: one that runs as fast as real time and that `advance` moves ahead. */
  readonly clock?: VirtualClock;
}

/** Short, so that tests can ask for sessions that end soon; Kafka's own is 6,000. */
const minSessionTimeoutMs = 100;

/**
 * A Kafka broker for one test or one file of tests, in the test's own process. Each has a port, topics, groups and faults of
 * its own, so any number can run at once.
 *
 * ```ts
 * const kafka = await TestKafka.start({ topics: { 'instrument-files': 3, 'peak-tables': 1 } });
 * kafka.faults.on('OffsetCommit', { drop: 'response' });
 * // ...
 * await kafka.stop();
 * ```
 */
export class TestKafka extends EmbeddedKafka {
  private readonly users = new Set<() => Promise<unknown>>();

  private constructor(
    broker: Broker,
    server: KafkaServer,
    readonly clock: VirtualClock,
  ) {
    super(broker, server);
  }

  /**
   * Starts a broker on a free port of 127.0.0.1 and resolves when it listens.
   * @throws {Error} a topic's name or number of partitions is not valid, or the port that was asked for is taken
   */
  static override async start(options: TestKafkaOptions = {}): Promise<TestKafka> {
    const { topics = {}, clock = new VirtualClock({ isRunning: true }), ...rest } = options;
    const [broker, server] = await EmbeddedKafka.listen({ minSessionTimeoutMs, ...rest, clock });
    const kafka = new TestKafka(broker, server, clock);
    for (const [name, partitions] of Object.entries(topics)) kafka.createTopic(name, partitions);
    return kafka;
  }

  /** Moves the broker's time: sessions, rebalances, waiting fetches and delayed requests that end meanwhile end now. */
  advance(ms: number): void {
    this.clock.advance(ms);
  }

  /** Creates a topic if there is none of this name. */
  ensureTopic(name: string, partitions: number): void {
    if (!this.topics().includes(name)) this.createTopic(name, partitions);
  }

  /**
   * Waits until a topic has at least `count` messages, those of all partitions together.
   * @throws {Error} the time is over; says how many there are
   */
  async untilMessages(topic: string, count: number, options: WaitOptions = {}): Promise<void> {
    const found = (): number => {
      let sum = 0n;
      for (let partition = 0; partition < this.partitionCount(topic); partition++) {
        const { start, end } = this.offsets(topic, partition);
        sum += end - start;
      }
      return Number(sum);
    };
    const there = (): string => `; there are ${found()}`;
    await until(`${count} messages on ${topic}`, () => found() >= count, options, there);
  }

  /**
   * Takes the broker away as a crash does: port and connections are closed at once. Records, groups and offsets stay, and
   * `resume` goes on with them on the same port. Workers are not told.
   */
  crash(): Promise<void> {
    return super.stop();
  }

  /** Ends everything: the workers that `runReproducerInTest` started on it, then the broker. For the end of a test. */
  override async stop(): Promise<void> {
    this.faults.disarmAll();
    await Promise.all([...this.users].map(stopUser => stopUser()));
    await super.stop();
  }

  /** @internal What `stop` stops first. @returns takes it out again */
  onStop(stop: () => Promise<unknown>): () => void {
    this.users.add(stop);
    return () => this.users.delete(stop);
  }
}
