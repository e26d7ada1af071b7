import { BrokerError } from '../../src/errors.js';
import type {
  ConsumerHandlers,
  ConsumerPort,
  OffsetToCommit,
  PartitionRecords,
  RawRecord,
} from '../../src/kafka/driver.js';
import type { EventOwner } from './scheduler.js';
import type { GroupMember } from './simulated-group.js';
import type { SimulatedKafka } from './simulated-kafka.js';
import type { SimulatedMember } from './simulated-member.js';

const requestTimeoutMs = 400;

/** A consumer on the simulated broker: what the driver's port promises, with everything as late as it may come. */
export class SimulatedConsumer implements ConsumerPort {
  readonly #kafka: SimulatedKafka;
  readonly #handlers: ConsumerHandlers;
  readonly #worker: string;
  readonly #owner: EventOwner;
  readonly #paused = new Set<number>();
  /** Exactly-once. */
  transactions: SimulatedMember | undefined;
  /** Next offset to fetch. */
  readonly #positions = new Map<number, number>();
  #member: GroupMember | undefined;
  #memberCount = 0;
  /** The generation of the group that `#epoch` belongs to. */
  #generation = -1;
  #epoch = 0;
  /** The epoch since which nothing that it owned was missed. */
  #continuousSince = 0;
  #owned: readonly number[] = [];
  #isReading = false;
  #hasStopped = false;

  constructor(kafka: SimulatedKafka, handlers: ConsumerHandlers, worker: string, owner: EventOwner) {
    this.#kafka = kafka;
    this.#handlers = handlers;
    this.#worker = worker;
    this.#owner = owner;
  }

  get isOwner(): boolean {
    const { group } = this.#kafka;
    return this.#member !== undefined && group.isCurrent(this.#member.memberId, this.#generation);
  }

  start(): Promise<void> {
    this.#later(1, 50, () => this.#join());
    return Promise.resolve();
  }

  pause(partitions: readonly number[]): void {
    for (const partition of partitions) this.#paused.add(partition);
  }

  resume(partitions: readonly number[]): void {
    for (const partition of partitions) this.#paused.delete(partition);
  }

  commit(epoch: number, offsets: readonly OffsetToCommit[]): Promise<'committed' | 'stale'> {
    if (epoch !== this.#epoch || this.#member === undefined) return Promise.resolve('stale');
    const { memberId } = this.#member;
    const generation = this.#generation;
    const { random, scheduler } = this.#kafka.world;
    return new Promise((resolve, reject) => {
      const fail = (): void => reject(new BrokerError('no answer to a commit', { retriable: true }));
      // The request is on its way: it arrives whatever happens to the worker.
      scheduler.after(random.whole(`commit ${this.#worker}`, 0, 80), undefined, () => {
        if (this.#kafka.isDown) return this.#in(requestTimeoutMs, fail);
        const isTaken = this.#kafka.group.isCurrent(memberId, generation);
        if (isTaken) this.#kafka.commit(memberId, offsets);
        if (this.#kafka.loses.commitAnswers) return this.#in(requestTimeoutMs, fail);
        this.#later(0, 80, () => resolve(isTaken ? 'committed' : 'stale'));
      });
    });
  }

  commitTransaction(
    epoch: number,
    records: readonly PartitionRecords[],
    offsets: readonly OffsetToCommit[],
  ): Promise<'committed' | 'stale'> {
    if (epoch !== this.#epoch || this.#member === undefined) return Promise.resolve('stale');
    const membership = () => ({ memberId: this.#member!.memberId, generation: this.#generation });
    const isCurrent = (): boolean => !this.#hasStopped && epoch === this.#epoch;
    const goesOn = (): boolean => !this.#hasStopped && epoch >= this.#continuousSince;
    return this.transactions!.commit({ membership, isCurrent, goesOn }, records, offsets);
  }

  stop(): Promise<void> {
    this.#hasStopped = true;
    this.#isReading = false;
    this.transactions?.close();
    const member = this.#member;
    if (member !== undefined)
      this.#kafka.world.scheduler.after(5, undefined, () => this.#kafka.group.remove(member.memberId));
    return new Promise(resolve => this.#in(10, resolve));
  }

  #join(): void {
    if (this.#hasStopped) return;
    this.#memberCount += 1;
    const member: GroupMember = {
      memberId: `${this.#worker}#${this.#memberCount}`,
      worker: this.#worker,
      owner: this.#owner,
      onRejoined: () => {
        if (this.#member === member) this.#isReading = false;
      },
      onGeneration: (generation, partitions, runs) => {
        if (this.#member === member) this.#assign(generation, partitions, runs);
      },
      onExpelled: () => {
        if (this.#member !== member) return;
        this.#isReading = false;
        this.#later(1, 100, () => this.#join());
      },
    };
    this.#member = member;
    this.#kafka.group.join(member);
  }

  #assign(generation: number, partitions: readonly number[], runs: readonly string[] | undefined): void {
    // An answer that was overtaken by the next generation: this one was missed.
    if (this.#hasStopped || generation < this.#generation) return;
    const goesOn = this.#generation === generation - 1;
    const kept = goesOn ? partitions.filter(partition => this.#owned.includes(partition)) : [];
    const added = partitions.filter(partition => !kept.includes(partition));
    const lost = this.#owned.filter(partition => !partitions.includes(partition));
    this.#generation = generation;
    this.#epoch += 1;
    if (lost.length > 0 || added.some(partition => this.#owned.includes(partition)))
      this.#continuousSince = this.#epoch;
    this.#owned = partitions;
    this.#positions.clear();
    this.#paused.clear();
    this.#isReading = true;
    this.#kafka.world.facts.add({
      kind: 'assigned',
      worker: this.#worker,
      generation,
      kept,
      added,
      lost,
      runs,
    });
    if (added.length > 0) this.transactions?.takeOver();
    this.#handlers.onAssigned({ epoch: this.#epoch, kept, added, lost, ...(runs && { runs }) });
    if (partitions.length === 0) return;
    const epoch = this.#epoch;
    this.#later(1, 60, () => this.#readOffsets(epoch, added));
  }

  /** The consumer's own OffsetFetch; what the engine knows of kept partitions takes precedence over the answer. */
  #readOffsets(epoch: number, added: readonly number[]): void {
    if (epoch !== this.#epoch) return;
    const { transactions } = this.#kafka;
    // What is committed is told only once no transaction can change it.
    if (this.#kafka.isDown || this.#owned.some(partition => transactions.isUnstable(partition)))
      return this.#in(100, () => this.#readOffsets(epoch, added));
    const answer = this.#owned.map(partition => {
      const committed = this.#kafka.committed.get(partition);
      const { offset = null, metadata = null } = committed ?? {};
      return { partition, offset, metadata };
    });
    this.#later(0, 40, () => {
      if (epoch !== this.#epoch) return;
      for (const committed of answer) {
        const { partition, offset } = committed;
        const position = added.includes(partition) ? null : this.#handlers.positionOf(partition);
        if (position === null) {
          const { facts } = this.#kafka.world;
          const read = offset === null ? null : Number(offset);
          facts.add({ kind: 'offset-read', worker: this.#worker, partition, offset: read });
          this.#handlers.onCommittedOffset(epoch, committed);
        }
        this.#positions.set(partition, Number(position ?? offset ?? 0n));
        this.#later(0, 40, () => this.#fetch(epoch, partition));
      }
    });
  }

  /** Asks for records of one partition, for ever. */
  #fetch(epoch: number, partition: number): void {
    if (epoch !== this.#epoch || !this.#isReading) return;
    const again = (leastMs: number, mostMs: number): void =>
      this.#later(leastMs, mostMs, () => this.#fetch(epoch, partition));
    const log = this.#kafka.logs[partition]!;
    const logStart = this.#kafka.logStarts[partition]!;
    let position = this.#positions.get(partition)!;
    // Out of range: the consumer goes to the beginning.
    if (position < logStart) this.#positions.set(partition, (position = logStart));
    if (this.#kafka.isDown || this.#paused.has(partition)) return again(30, 120);
    // As a fetch that waits on the broker.
    if (position >= log.length) return this.#kafka.onceAppended(partition, () => again(0, 40));
    const end = Math.min(log.length, position + this.#whole(1, 3));
    this.#positions.set(partition, end);
    const highWatermark = BigInt(log.length);
    // Now and then the answer comes so late that another generation has begun.
    const isLate = this.#kafka.world.random.chance(`fetch ${this.#worker}`, 0.05);
    const answer = (): void => {
      this.#deliver(epoch, partition, position, end, highWatermark);
      again(0, 30);
    };
    if (isLate) this.#later(100, 500, answer);
    else this.#later(0, 30, answer);
  }

  #deliver(epoch: number, partition: number, start: number, end: number, highWatermark: bigint): void {
    if (this.#hasStopped) return;
    const records: RawRecord[] = [];
    for (let offset = start; offset < end; offset += 1) {
      const { value, timestampMs } = this.#kafka.logs[partition]![offset]!;
      records.push({
        offset: BigInt(offset),
        timestampMs,
        key: null,
        value: value === null ? null : Buffer.from(value),
      });
    }
    this.#handlers.onRecords(epoch, partition, records, BigInt(end), highWatermark);
    // The memory is used for the next response: the engine must not keep views.
    for (const { value } of records) value?.fill(0xee);
  }

  #whole(least: number, most: number): number {
    return this.#kafka.world.random.whole(`fetch ${this.#worker}`, least, most);
  }

  #later(leastMs: number, mostMs: number, run: () => void): void {
    this.#in(this.#whole(leastMs, mostMs), run);
  }

  #in(delayMs: number, run: () => void): void {
    this.#kafka.world.scheduler.after(delayMs, this.#owner, run);
  }
}
