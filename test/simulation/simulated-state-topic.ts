import type { OutgoingRecord, RawRecord } from '../../src/kafka/driver.js';
import type { StateRecord } from './facts.js';
import type { World } from './simulated-kafka.js';

interface StateEntry {
  readonly record: OutgoingRecord;
  /** `undecided`: readers of committed records wait for it. */
  state: 'undecided' | 'committed' | 'aborted';
}

/** The compacted topic, of one partition. What is in transactions lies there from when it was sent. */
export class SimulatedStateTopic {
  readonly #world: World;
  readonly #log: StateEntry[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  get end(): number {
    return this.#log.length;
  }

  /** @returns decides about them */
  append(records: readonly OutgoingRecord[], isDecided: boolean): (commits: boolean) => void {
    const entries = records.map((record): StateEntry => ({
      record,
      state: isDecided ? 'committed' : 'undecided',
    }));
    this.#log.push(...entries);
    return commits => {
      for (const entry of entries) entry.state = commits ? 'committed' : 'aborted';
    };
  }

  isStableBelow(end: number): boolean {
    return this.#log.slice(0, end).every(({ state }) => state !== 'undecided');
  }

  read(from: number, end: number, onRecord: (record: RawRecord) => void): void {
    for (const [at, { record, state }] of this.#log.entries()) {
      if (at < from || at >= end || state !== 'committed') continue;
      const [key, value] = [record.key && Buffer.from(record.key), record.value && Buffer.from(record.value)];
      onRecord({ offset: BigInt(at), timestampMs: 0, key, value });
    }
  }

  /** What everybody can see from now on. */
  tell(worker: string, records: readonly OutgoingRecord[]): void {
    for (const record of records) this.#world.facts.add({ kind: 'state', worker, ...asText(record) });
  }
}

export function asText({ key, value }: OutgoingRecord): StateRecord {
  return {
    key: Buffer.from(key!).toString(),
    value: value === null ? null : Buffer.from(value).toString(),
  };
}
