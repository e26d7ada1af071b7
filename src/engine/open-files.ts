import type { StoreOptions } from '../assembly/byte-store.js';
import { FileVersion, type VersionIdentity } from '../assembly/file-version.js';
import { TooManyOpenFilesError } from '../errors.js';
import type { TraceContext } from '../wire/trace-context.js';
import { FoldedPaths } from './folded-paths.js';
import type { HeldMemory } from './held-memory.js';
import { newOpenFile, type OpenFile } from './open-file.js';
import type { SetAsideFile } from './set-aside/set-aside-files.js';

/** How a chunk came; times are on the engine's clock. */
export interface ChunkArrival {
  readonly nowMs: number;
  /** When it was written to the topic. */
  readonly writtenAtMs: number;
  readonly trace: TraceContext | undefined;
}

export interface OpenFilesOptions {
  /** Largest file taken, bytes. */
  readonly maxFileBytes: number;
  readonly maxOpenFiles: number;
  readonly stores: StoreOptions;
}

/** The versions that have a chunk and no outcome. */
export class OpenFiles {
  readonly foldedPaths = new FoldedPaths();
  readonly #options: OpenFilesOptions;
  readonly #memory: HeldMemory;
  readonly #files = new Map<string, OpenFile>();
  /** The first open version of each content of a path, whatever its count. */
  readonly #byContent = new Map<string, OpenFile>();
  #lastWorkId = 0;

  constructor(options: OpenFilesOptions, memory: HeldMemory) {
    this.#options = options;
    this.#memory = memory;
  }

  get size(): number {
    return this.#files.size;
  }

  /** The longest open first. */
  get all(): Iterable<OpenFile> {
    return this.#files.values();
  }

  find(versionId: string): OpenFile | undefined {
    return this.#files.get(versionId);
  }

  /** The same content with another number of chunks: two uploads, or a chunk that lies. They are kept apart. */
  withOtherCount(file: OpenFile): OpenFile | undefined {
    const other = this.#byContent.get(contentOf(file));
    return other === file ? undefined : other;
  }

  /**
   * Opens a version of which a chunk came.
   *
   * @throws {TooManyOpenFilesError}
   * @throws {UnsafePathError} see `FoldedPaths`
   */
  open(identity: VersionIdentity, arrival: ChunkArrival): OpenFile {
    const { path } = identity;
    const { maxOpenFiles } = this.#options;
    if (this.#files.size >= maxOpenFiles)
      throw new TooManyOpenFilesError(
        `${path} would be open beside ${this.#files.size} others; at most ${maxOpenFiles} are (--max-open-files)`,
      );
    this.foldedPaths.check(path);
    return this.#open(identity, arrival);
  }

  /** Opens a file that was set aside to give it up: no chunk of it is held, and none holds its partition back. */
  openSetAside(id: string, { path, sha512, chunkCount, records }: SetAsideFile, nowMs: number): OpenFile {
    const slash = path.lastIndexOf('/');
    const identity: VersionIdentity = {
      ...{ id, path, filename: path.slice(slash + 1), subdirectory: path.slice(0, Math.max(0, slash)) },
      fileHash: Buffer.from(sha512, 'hex'),
      count: chunkCount,
    };
    const file = this.#open(identity, { nowMs, writtenAtMs: nowMs, trace: undefined });
    for (const chunks of records.values()) for (const chunk of chunks) file.version.note(chunk);
    return file;
  }

  remove(file: OpenFile): void {
    file.version.release();
    this.#memory.forget(file);
    this.foldedPaths.leave(file);
    this.#files.delete(file.version.identity.id);
    const content = contentOf(file);
    if (this.#byContent.get(content) === file) this.#byContent.delete(content);
  }

  #open(identity: VersionIdentity, { nowMs, writtenAtMs, trace }: ChunkArrival): OpenFile {
    this.#lastWorkId += 1;
    const { maxFileBytes, stores } = this.#options;
    const file = newOpenFile({
      workId: this.#lastWorkId,
      version: new FileVersion(identity, maxFileBytes, stores),
      state: 'assembling',
      firstChunkAtMs: nowMs,
      firstWrittenAtMs: writtenAtMs,
      chunkWrittenAtMs: writtenAtMs,
      trace,
    });
    this.#files.set(identity.id, file);
    this.foldedPaths.enter(file);
    const content = contentOf(file);
    if (!this.#byContent.has(content)) this.#byContent.set(content, file);
    return file;
  }
}

function contentOf({ version: { identity } }: OpenFile): string {
  return `${identity.path}\0${identity.fileHash.toString('latin1')}`;
}
