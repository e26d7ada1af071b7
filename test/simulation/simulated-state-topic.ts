import type { OutgoingRecord, RawRecord } from '../../src/kafka/driver.js';
import type { StateRecord } from './facts.js';
import type { World } from './simulated-kafka.js';

interface StateEntry {
  readonly record: OutgoingRecord;
  /** `undecided`: readers of committed records wait for it. */
  state: 'undecided' | 'committed' | 'aborted';
  /** Whether it will be seen: undefined while its transaction is undecided. */
  isComing: boolean | undefined;
  /** Who sent it, once everybody can see it. */
  shownOf: string | undefined;
}

/** Records of a transaction. */
export interface AppendedStates {
  /** The coordinator has decided about them. */
  decide(commits: boolean): void;
  /** The mark that says so is written to the topic. */
  mark(commits: boolean): void;
}

/** The compacted topic, of one partition. What is in transactions lies there from when it was sent. */
export class SimulatedStateTopic {
  readonly #world: World;
  readonly #log: StateEntry[] = [];
  /** By key: what was sent and is not seen by everybody, in the order of the log. */
  readonly #hidden = new Map<string, StateEntry[]>();

  constructor(world: World) {
    this.#world = world;
  }

  get end(): number {
    return this.#log.length;
  }

  append(records: readonly OutgoingRecord[], isDecided: boolean): AppendedStates {
    const entries = records.map((record): StateEntry => ({
      record,
      state: isDecided ? 'committed' : 'undecided',
      isComing: isDecided ? true : undefined,
      shownOf: undefined,
    }));
    this.#log.push(...entries);
    for (const entry of entries) {
      const { key } = asText(entry.record);
      this.#hidden.set(key, [...(this.#hidden.get(key) ?? []), entry]);
    }
    return {
      decide: commits => {
        for (const entry of entries) entry.isComing = commits;
      },
      mark: commits => {
        for (const entry of entries) entry.state = commits ? 'committed' : 'aborted';
      },
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

  /** What everybody can see from now on: not before what was decided to come before it under the same key. */
  tell(worker: string, records: readonly OutgoingRecord[]): void {
    for (const record of records) {
      const { key } = asText(record);
      const entry = this.#hidden.get(key)?.find(hidden => hidden.record === record);
      if (entry !== undefined) entry.shownOf = worker;
      this.#show(key);
    }
  }

  #show(key: string): void {
    let isHidden = false;
    const stillHidden = (this.#hidden.get(key) ?? []).filter(({ record, isComing, shownOf: worker }) => {
      if (worker === undefined) isHidden ||= isComing === true;
      else if (!isHidden) this.#world.facts.add({ kind: 'state', worker, ...asText(record) });
      return worker === undefined || isHidden;
    });
    this.#hidden.set(key, stillHidden);
  }
}

export function asText({ key, value }: OutgoingRecord): StateRecord {
  return {
    key: Buffer.from(key!).toString(),
    value: value === null ? null : Buffer.from(value).toString(),
  };
}
