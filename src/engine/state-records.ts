import type { RawRecord } from '../kafka/driver.js';
import { decodeFileState, type DecodedFileState } from '../wire/file-state.js';
import { decodeRunRecord, isRunKey, type RunRecord } from '../wire/run-records.js';
import { decodeSetAside, isSetAsideKey } from '../wire/set-aside-record.js';
import { decodeSuperseded, isSupersededKey, type SupersededVersion } from '../wire/superseded-record.js';
import type { EngineWatcher } from './engine.js';
import { joinKnown, maxRememberedPaths, type DonePath } from './outcome-recorder.js';
import type { StoredSetAside } from './set-aside/set-aside-files.js';

/** What the topic says that was not read before; `isKept` false: it cannot be used. */
export interface StateReading {
  readonly paths: readonly DonePath[];
  /** Of files that were set aside, in the topic's order. */
  readonly setAside: readonly StoredSetAside[];
  /** Versions that were given up, as newer ones of their paths are done. */
  readonly superseded: readonly SupersededVersion[];
  /** Of runs of workers, in the topic's order. */
  readonly runRecords?: readonly RunRecord[];
  readonly isKept: boolean;
}

/** As of a topic that cannot be used. */
export const notKept: StateReading = { paths: [], setAside: [], superseded: [], isKept: false };

/** A record that somebody has removed. */
const removed: DecodedFileState = { done: { versionIds: [] }, outcome: undefined };

/** Takes the records of a state topic in its order, and says what they come to. Those of other groups and topics are passed over. */
export class StateRecords {
  readonly #reader: { readonly topic: string; readonly groupId: string };
  readonly #watcher: EngineWatcher | undefined;
  readonly #doneByPath = new Map<string, Omit<DonePath, 'path'>>();
  readonly #setAside: StoredSetAside[] = [];
  readonly #superseded = new Map<string, SupersededVersion>();
  readonly #runRecords: RunRecord[] = [];

  /** @param reader topic with the chunks, and the group that reads it */
  constructor(reader: { readonly topic: string; readonly groupId: string }, watcher?: EngineWatcher) {
    this.#reader = reader;
    this.#watcher = watcher;
  }

  take({ key, value }: Pick<RawRecord, 'key' | 'value'>): void {
    if (key === null) return;
    const path = key.toString();
    if (isSetAsideKey(path)) this.#takeSetAside(path, value);
    else if (isSupersededKey(path)) this.#takeSuperseded(path, value);
    else if (isRunKey(path)) this.#takeRun(path, value);
    else this.#takeOutcome(path, value);
  }

  reading(): Omit<StateReading, 'isKept'> {
    const paths = [...this.#doneByPath].map(([path, done]) => ({ path, ...done }));
    const superseded = [...this.#superseded.values()];
    return { paths, setAside: this.#setAside, superseded, runRecords: this.#runRecords };
  }

  #takeSetAside(key: string, value: Buffer | null): void {
    const places = value === null ? undefined : decodeSetAside(value, this.#reader);
    if (value !== null && places === undefined) return;
    this.#setAside.push({ key, places });
    this.#watcher?.onSetAsideRead(key, places);
  }

  #takeSuperseded(key: string, value: Buffer | null): void {
    const version = value === null ? undefined : decodeSuperseded(value, this.#reader);
    this.#superseded.delete(key);
    if (version !== undefined) keepLatest(this.#superseded, key, version);
  }

  #takeRun(key: string, value: Buffer | null): void {
    const record = decodeRunRecord(key, value, this.#reader);
    if (record !== undefined) this.#runRecords.push(record);
  }

  #takeOutcome(path: string, value: Buffer | null): void {
    const state = value === null ? removed : decodeFileState(value, this.#reader);
    // Of another group or topic: it does not replace what is known.
    if (state === undefined) return;
    const { outcome } = state;
    if (outcome !== undefined) this.#watcher?.onOutcomeRead(path, outcome);
    // At-least-once: a member that had lost its partitions may have written the later one, and not have known what the other one says.
    const done = value === null ? state.done : joinKnown(this.#doneByPath.get(path), state.done);
    this.#doneByPath.delete(path);
    if (done.versionIds.length > 0) keepLatest(this.#doneByPath, path, done);
  }
}

/** A map keeps its keys in the order they came: the first is the oldest. */
function keepLatest<V>(map: Map<string, V>, key: string, value: V): void {
  map.set(key, value);
  if (map.size <= maxRememberedPaths) return;
  const [oldest] = map.keys();
  map.delete(oldest!);
}
