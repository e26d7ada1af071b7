import type { VersionRecord } from './version-record.js';
import { virtualOriginMs } from '../virtual-timers.js';

interface Place {
  readonly partition: number;
  readonly offset: number;
}

interface ReadRecord {
  readonly versionId: string;
  readonly reason: string;
  /** Milliseconds of the simulation. */
  readonly atMs: number;
  readonly partitions: readonly number[];
  /** `partition/offset` of each chunk. */
  readonly places: readonly string[];
}

/** What the state topic says of files that are set aside, read by the description of its form, not by the product's code. */
export class SetAsideView {
  readonly #byKey = new Map<string, ReadRecord>();

  /** @returns what a new record says */
  take(key: string, value: string | null): ReadRecord | undefined {
    if (!key.startsWith('/set-aside/')) return undefined;
    this.#byKey.delete(key);
    if (value === null) return undefined;
    const read = readRecord(value);
    this.#byKey.set(key, read);
    return read;
  }

  /** Where chunks of the version lie that its records know. */
  placesOf({ id }: VersionRecord): ReadonlySet<string> {
    const its = [...this.#byKey.values()].filter(({ versionId }) => versionId === id);
    return new Set(its.flatMap(({ places }) => places));
  }

  /** Whether the version is set aside. */
  has({ id }: VersionRecord): boolean {
    return [...this.#byKey.values()].some(({ versionId }) => versionId === id);
  }

  /** Whether a record says where this chunk of the version lies. */
  knows({ id }: VersionRecord, { partition, offset }: Place): boolean {
    for (const { versionId, places } of this.#byKey.values())
      if (versionId === id && places.includes(`${partition}/${offset}`)) return true;
    return false;
  }
}

function readRecord(value: string): ReadRecord {
  const { versionId, reason, setAsideAt, source } = JSON.parse(value) as {
    versionId: string;
    reason: string;
    setAsideAt: string;
    source: { partitions: { partition: number; firstOffset: string; chunks: [number, number, number][] }[] };
  };
  const places = source.partitions.flatMap(({ partition, firstOffset, chunks }) =>
    chunks.flatMap(([delta, , length]) =>
      Array.from({ length }, (_, at) => `${partition}/${Number(firstOffset) + delta + at}`),
    ),
  );
  const partitions = source.partitions.map(({ partition }) => partition);
  return { versionId, reason, atMs: Date.parse(setAsideAt) - virtualOriginMs, partitions, places };
}
