import type { KnownChunk, SetAsidePlaces } from '../../wire/set-aside-record.js';

/** A record of the state topic; `places` undefined: it was removed. */
export interface StoredSetAside {
  readonly key: string;
  readonly places: SetAsidePlaces | undefined;
}

/** What is known of a file that was set aside. */
export interface SetAsideFile {
  readonly path: string;
  readonly chunkCount: number;
  /** By the key of the record that says so. */
  readonly records: ReadonlyMap<string, readonly KnownChunk[]>;
}

/** More chunks than that are not remembered: the files that were set aside first are forgotten. */
const maxChunks = 2_000_000;

/** The files that are set aside, as the state topic has them. */
export class SetAsideFiles {
  readonly #files = new Map<
    string,
    { path: string; chunkCount: number; records: Map<string, readonly KnownChunk[]> }
  >();
  readonly #versionOfKey = new Map<string, string>();
  #chunkCount = 0;

  get size(): number {
    return this.#files.size;
  }

  get(versionId: string): SetAsideFile | undefined {
    return this.#files.get(versionId);
  }

  /** In the order in which they are on the topic. */
  load(stored: readonly StoredSetAside[]): void {
    for (const { key, places } of stored) {
      if (places === undefined) this.#removeRecord(key);
      else this.add(key, places);
    }
  }

  add(key: string, { versionId, path, chunkCount, chunks }: SetAsidePlaces): void {
    if (this.#versionOfKey.has(key)) return;
    let file = this.#files.get(versionId);
    if (file === undefined) this.#files.set(versionId, (file = { path, chunkCount, records: new Map() }));
    file.records.set(key, chunks);
    this.#versionOfKey.set(key, versionId);
    this.#chunkCount += chunks.length;
    while (this.#chunkCount > maxChunks && this.#files.size > 1) {
      for (const oldest of this.#files.keys()) {
        this.remove(oldest);
        break;
      }
    }
  }

  /** The file has its outcome. @returns the keys of its records */
  remove(versionId: string): string[] {
    const keys = this.keysOf(versionId);
    for (const key of keys) this.#removeRecord(key);
    return keys;
  }

  keysOf(versionId: string): string[] {
    return [...(this.#files.get(versionId)?.records.keys() ?? [])];
  }

  /** Every place where a chunk of it is known to lie. */
  chunksOf(versionId: string): readonly KnownChunk[] {
    return [...(this.#files.get(versionId)?.records.values() ?? [])].flat();
  }

  #removeRecord(key: string): void {
    const versionId = this.#versionOfKey.get(key);
    const file = versionId === undefined ? undefined : this.#files.get(versionId);
    if (versionId === undefined || file === undefined) return;
    this.#versionOfKey.delete(key);
    this.#chunkCount -= file.records.get(key)!.length;
    file.records.delete(key);
    if (file.records.size === 0) this.#files.delete(versionId);
  }
}
