import type { KnownChunk, SetAsidePlaces } from '../../wire/set-aside-record.js';
import { timesOfBoth, type UploadTimes } from '../../wire/upload-times.js';

/** A record of the state topic; `places` undefined: it was removed. */
export interface StoredSetAside {
  readonly key: string;
  readonly places: SetAsidePlaces | undefined;
}

/** What is known of a file that was set aside. */
export interface SetAsideFile {
  readonly path: string;
  /** SHA-512 of the content, hex. */
  readonly sha512: string;
  readonly chunkCount: number;
  /** When the chunks were written that are known of it. */
  readonly uploaded: UploadTimes;
  /** By the key of the record that says so. */
  readonly records: ReadonlyMap<string, readonly KnownChunk[]>;
}

interface StoredFile extends SetAsideFile {
  uploaded: UploadTimes;
  readonly records: Map<string, readonly KnownChunk[]>;
}

/** More chunks than that are not remembered: the files that were set aside first are forgotten. */
const maxChunks = 2_000_000;

/** The files that are set aside, as the state topic has them. */
export class SetAsideFiles {
  readonly #files = new Map<string, StoredFile>();
  readonly #idsByPath = new Map<string, Set<string>>();
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

  add(key: string, places: SetAsidePlaces): void {
    if (this.#versionOfKey.has(key)) return;
    const { versionId, chunks } = places;
    const file = this.#files.get(versionId) ?? this.#open(places);
    file.records.set(key, chunks);
    file.uploaded = timesOfBoth(file.uploaded, uploadedAt(places));
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

  /** Ids of the versions of a path. */
  idsOf(path: string): readonly string[] {
    return [...(this.#idsByPath.get(path) ?? [])];
  }

  /** By version id. */
  get all(): ReadonlyMap<string, SetAsideFile> {
    return this.#files;
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
    if (file.records.size > 0) return;
    this.#files.delete(versionId);
    const ids = this.#idsByPath.get(file.path);
    ids?.delete(versionId);
    if (ids?.size === 0) this.#idsByPath.delete(file.path);
  }

  #open(places: SetAsidePlaces): StoredFile {
    const { versionId, path, sha512, chunkCount } = places;
    const file = { path, sha512, chunkCount, uploaded: uploadedAt(places), records: new Map() };
    this.#files.set(versionId, file);
    this.#idsByPath.set(path, (this.#idsByPath.get(path) ?? new Set()).add(versionId));
    return file;
  }
}

/** Where it is not known when its first chunk was written: with its last one, so it is taken for older only than what came after all of it. */
function uploadedAt({ firstChunkAt, lastChunkAt, modifiedAtSeconds }: SetAsidePlaces): UploadTimes {
  return {
    firstWrittenAtMs: Date.parse(firstChunkAt ?? lastChunkAt),
    lastWrittenAtMs: Date.parse(lastChunkAt),
    ...(modifiedAtSeconds === undefined ? {} : { modifiedAtSeconds }),
  };
}
