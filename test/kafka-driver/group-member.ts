import type {
  Assignment,
  CommittedOffset,
  ConsumerHandlers,
  ConsumerOptions,
  ConsumerPort,
  KafkaDriver,
  RawRecord,
} from '../../src/kafka/driver.js';

export function consumerOptions(groupId: string, topic: string): ConsumerOptions {
  return {
    groupId,
    topic,
    sessionTimeoutMs: 10_000,
    heartbeatIntervalMs: 300,
    rebalanceTimeoutMs: 10_000,
    maxBytesPerPartition: 1_048_576,
    maxBytes: 8_388_608,
    maxWaitMs: 100,
    placement: 'spread',
    minBytes: 1,
    startFrom: 'earliest',
    metadataMaxAgeMs: 60_000,
  };
}

export interface SeenRecord {
  readonly epoch: number;
  readonly partition: number;
  readonly offset: bigint;
  readonly value: string | null;
}

interface Owned {
  /** Next offset, null until it is known. */
  position: bigint | null;
  isCommittedKnown: boolean;
}

/**
 * A consumer that writes down what it is told and checks the promises of the port on the way: nothing before its
 * committed offset, nothing of partitions or epochs that are not its own, no gap, no repetition.
 *
 * Topics of the tests have neither transactions nor compaction, so offsets must follow each other exactly.
 */
export class GroupMember implements ConsumerHandlers {
  readonly port: ConsumerPort;
  readonly violations: string[] = [];
  readonly assignments: Assignment[] = [];
  readonly committed: (CommittedOffset & { epoch: number })[] = [];
  readonly records: SeenRecord[] = [];
  readonly resets: { partition: number; expected: bigint; found: bigint }[] = [];
  readonly troubles: Error[] = [];
  readonly fatal: Error[] = [];
  readonly owned = new Map<number, Owned>();
  epoch = 0;
  openVersionIds: string[] = [];

  constructor(driver: KafkaDriver, options: ConsumerOptions) {
    this.port = driver.consumer(options, this);
  }

  get partitions(): number[] {
    return [...this.owned.keys()].sort((a, b) => a - b);
  }

  onAssigned(assignment: Assignment): void {
    const { epoch, kept, added, lost } = assignment;
    if (epoch <= this.epoch) this.violations.push(`epoch ${epoch} after ${this.epoch}`);
    for (const partition of [...kept, ...lost])
      if (!this.owned.has(partition)) this.violations.push(`partition ${partition} was not owned`);
    this.epoch = epoch;
    this.assignments.push(assignment);
    for (const partition of lost) this.owned.delete(partition);
    for (const partition of added) this.owned.set(partition, { position: null, isCommittedKnown: false });
  }

  onCommittedOffset(epoch: number, committed: CommittedOffset): void {
    this.committed.push({ ...committed, epoch });
    const owned = this.owned.get(committed.partition);
    if (epoch !== this.epoch || owned === undefined) {
      this.violations.push(`committed offset of partition ${committed.partition} in a wrong epoch`);
      return;
    }
    if (owned.isCommittedKnown) return;
    owned.isCommittedKnown = true;
    owned.position = committed.offset ?? committed.startOffset ?? null;
    if (committed.metadata !== null && committed.metadata !== `next=${committed.offset}`)
      this.violations.push(`metadata ${committed.metadata} with offset ${committed.offset}`);
  }

  positionOf(partition: number): bigint | null {
    return this.owned.get(partition)?.position ?? null;
  }

  onRecords(epoch: number, partition: number, records: readonly RawRecord[], nextOffset: bigint): void {
    const owned = this.owned.get(partition);
    if (epoch !== this.epoch || owned?.isCommittedKnown !== true) {
      this.violations.push(`records of partition ${partition} before their committed offset`);
      return;
    }
    for (const record of records) {
      if (owned.position !== null && record.offset !== owned.position)
        this.violations.push(`partition ${partition}: offset ${record.offset} instead of ${owned.position}`);
      owned.position = record.offset + 1n;
      const value = record.value === null ? null : record.value.toString();
      this.records.push({ epoch, partition, offset: record.offset, value });
    }
    if (owned.position !== nextOffset) this.violations.push(`next offset ${nextOffset}`);
  }

  onPositionReset(epoch: number, partition: number, expected: bigint, found: bigint): void {
    const owned = this.owned.get(partition);
    if (epoch !== this.epoch || owned === undefined) {
      this.violations.push(`position of partition ${partition} in a wrong epoch`);
      return;
    }
    this.resets.push({ partition, expected, found });
    owned.position = found;
  }

  openVersions(): string[] {
    return this.openVersionIds;
  }

  onTrouble(error: Error): void {
    this.troubles.push(error);
  }

  onFatal(error: Error): void {
    this.fatal.push(error);
  }

  /** Commits all positions, with metadata that names them. */
  async commitAll(): Promise<'committed' | 'stale'> {
    const offsets = [...this.owned].flatMap(([partition, { position }]) =>
      position === null ? [] : [{ partition, offset: position, metadata: `next=${position}` }],
    );
    return this.port.commit(this.epoch, offsets);
  }
}
