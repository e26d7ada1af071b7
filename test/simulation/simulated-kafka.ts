import type { OffsetToCommit } from '../../src/kafka/driver.js';
import type { CommittedFact, FactLog, SeenContent } from './facts.js';
import type { RandomStreams } from './random-streams.js';
import type { Scheduler } from './scheduler.js';
import { SimulatedGroup } from './simulated-group.js';
import { SimulatedStateTopic } from './simulated-state-topic.js';
import { SimulatedTransactions } from './simulated-transactions.js';
import type { PlannedRecord } from './truth.js';
import { virtualOriginMs } from './virtual-timers.js';

/** What everything of one simulated world needs. */
export interface World {
  readonly scheduler: Scheduler;
  readonly random: RandomStreams;
  readonly facts: FactLog;
}

export interface StoredRecord {
  readonly value: Buffer | null;
  /** Milliseconds since 1970. */
  readonly timestampMs: number;
}

/** The broker: the chunks' topic, the group and its offsets, and the topic of results. It survives every worker. */
export class SimulatedKafka {
  readonly world: World;
  readonly group: SimulatedGroup;
  readonly transactions: SimulatedTransactions;
  readonly states: SimulatedStateTopic;
  readonly logs: StoredRecord[][];
  readonly logStarts: number[];
  /** Those who wait for the next record of each partition. */
  readonly #waiting: (() => void)[][];
  readonly committed = new Map<number, OffsetToCommit>();
  isDown = false;
  loses: { commitAnswers: boolean; produceAnswers: boolean } = {
    commitAnswers: false,
    produceAnswers: false,
  };

  constructor(world: World, partitionCount: number, layout: 'scattered' | 'by-file') {
    this.world = world;
    this.logs = Array.from({ length: partitionCount }, () => []);
    this.logStarts = this.logs.map(() => 0);
    this.#waiting = this.logs.map(() => []);
    this.group = new SimulatedGroup(world, partitionCount, layout);
    this.states = new SimulatedStateTopic(world);
    this.transactions = new SimulatedTransactions(this, world);
  }

  append({ partition, value, chunk }: PlannedRecord): void {
    const timestampMs = virtualOriginMs + this.world.scheduler.nowMs;
    const offset = this.logs[partition]!.push({ value, timestampMs }) - 1;
    this.world.facts.add({ kind: 'chunk', partition, offset, chunk });
    for (const goOn of this.#waiting[partition]!.splice(0)) goOn();
  }

  /** Calls once, when a partition has a further record. */
  onceAppended(partition: number, goOn: () => void): void {
    this.#waiting[partition]!.push(goOn);
  }

  /** Removes the oldest part of a partition. */
  retain(partition: number, share: number): void {
    const start = this.logStarts[partition]!;
    const logStart = start + Math.floor((this.logs[partition]!.length - start) * share);
    if (logStart === start) return;
    this.logStarts[partition] = logStart;
    this.world.facts.add({ kind: 'retention', partition, logStart });
  }

  /** Of a member of the present generation. */
  commit(memberId: string, offsets: readonly OffsetToCommit[]): void {
    for (const offset of offsets) this.committed.set(offset.partition, offset);
    const worker = this.group.workerOf(memberId);
    this.world.facts.add({ kind: 'committed', worker, offsets: offsets.map(asFact) });
  }

  /** A transaction that is not decided yet has taken them. */
  offsetsAccepted(memberId: string, offsets: readonly OffsetToCommit[]): void {
    const worker = this.group.workerOf(memberId);
    this.world.facts.add({ kind: 'offsets-accepted', worker, offsets: offsets.map(asFact) });
  }

  /** Everybody sees the transaction's results by now. */
  commitTransaction(worker: string, offsets: readonly OffsetToCommit[]): void {
    for (const offset of offsets) this.committed.set(offset.partition, offset);
    this.world.facts.add({ kind: 'committed', worker, offsets: offsets.map(asFact) });
  }

  /**
   * As `kafka-consumer-groups --reset-offsets` and tools that copy offsets do.
   *
   * @param shareBack how much of the way back to the beginning
   * @param shift each partition gets the metadata of the one so many further; 0: its own stays
   */
  moveOffsets(shareBack: number, shift: number): void {
    const before = [...this.committed.values()];
    const moved = before.map(({ partition, offset }, at): CommittedFact => {
      const back = Math.floor(Number(offset) * (1 - shareBack));
      // Never ahead: that would be the tool's loss, not ours.
      const to = Math.min(Number(offset), Math.max(back, this.logStarts[partition]!));
      return { partition, offset: to, metadata: before[(at + shift) % before.length]!.metadata };
    });
    for (const { partition, offset, metadata } of moved)
      this.committed.set(partition, { partition, offset: BigInt(offset), metadata: metadata ?? '' });
    if (moved.length > 0) this.world.facts.add({ kind: 'offsets-moved', offsets: moved });
  }

  result(worker: string, callId: number, content: SeenContent): void {
    this.world.facts.add({ kind: 'result', worker, callId, content });
  }
}

function asFact({ partition, offset, metadata }: OffsetToCommit): CommittedFact {
  return { partition, offset: Number(offset), metadata };
}
