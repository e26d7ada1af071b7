import { leastBytesAsTheyCome, sliceBytes, sliceCount } from '../assembly/hashing/hash-messages.js';
import type { HashableBytes } from '../assembly/file-version.js';
import type { EngineCommand } from './messages.js';
import type { OpenFile } from './open-file.js';

export interface VerifyingOptions {
  /** Which files in memory are hashed while they come, and in pieces of which size; default: from 32 MiB on, 512 KiB. */
  readonly hashing?: { readonly leastBytes: number; readonly sliceBytes: number };
}

export interface VerifyingParts {
  /** Whether the file has no outcome yet, and its partitions are ours. */
  readonly isOpen: (file: OpenFile) => boolean;
  readonly emit: (command: EngineCommand) => void;
}

/** A file whose hash is computed while its chunks come. */
interface RunningHash {
  /** More than once where bytes were replaced that were in it. */
  begunCount: number;
  /** `assembling`: more chunks come. `rest`: it is whole, and its last bytes are still to be hashed. */
  stage: 'assembling' | 'rest' | 'digest';
}

/** Then the hash is computed once the file is whole: who replaces chunk after chunk must not cause the work of a file each time. */
const mostBegun = 4;

/** So much of a file must be there: many files of which little is there have no hash, as each one is looked at after each event. */
const leastShare = 1 / 4;

/**
 * Says how each whole file is to be verified.
 *
 * Large files in memory are hashed while their chunks come, as far as there is no gap before them: slice by slice, and not more of
 * them at a time than the hash can take. What goes into the hash is what is in the file's memory; where that is written to again, the
 * hash begins anew. Small ones and those with several possibilities are hashed as a whole; those on disk are hashed by who writes them, those on the topic by who reads them.
 */
export class Verifying {
  readonly #leastBytes: number;
  readonly #sliceBytes: number;
  readonly #parts: VerifyingParts;
  readonly #running = new Map<OpenFile, RunningHash>();
  /** Slices that are not hashed yet. */
  #underWayCount = 0;
  #hasEnded = false;

  constructor(options: VerifyingOptions, parts: VerifyingParts) {
    this.#leastBytes = options.hashing?.leastBytes ?? leastBytesAsTheyCome;
    this.#sliceBytes = options.hashing?.sliceBytes ?? sliceBytes;
    this.#parts = parts;
  }

  /** Another chunk of the file is held. */
  grown(file: OpenFile): void {
    if (file.state !== 'assembling' || this.#running.has(file)) return;
    const bytes = this.#bytesOf(file);
    if (bytes !== undefined && bytes.prefixBytes >= this.#leastBytes * leastShare)
      this.#running.set(file, { begunCount: 0, stage: 'assembling' });
  }

  /** The file is whole. */
  begin(file: OpenFile): void {
    if (this.#bytesOf(file) === undefined) return this.#verifyWhole(file);
    const running = this.#running.get(file);
    if (running === undefined) this.#running.set(file, { begunCount: 0, stage: 'rest' });
    else running.stage = 'rest';
  }

  /** One slice is hashed, or never will be. */
  hashed(): void {
    this.#underWayCount -= 1;
  }

  /** The digest of the file was compared: its hash is no more. */
  verified(file: OpenFile): void {
    if (this.#running.delete(file)) file.version.hashable?.forgetHash();
  }

  /** Nothing is hashed any more while it comes. */
  ended(): void {
    this.#hasEnded = true;
    const running = [...this.#running];
    this.#running.clear();
    for (const [file, { stage }] of running) {
      file.version.hashable?.forgetHash();
      if (stage !== 'assembling' && this.#isAt(file, 'verifying')) this.#verifyWhole(file);
    }
  }

  /** Hands over what can be hashed. Views into files' memory are valid until the next chunk is taken. */
  advance(): void {
    for (const [file, hash] of this.#running) {
      const bytes = this.#bytesOf(file);
      const isStill = this.#isAt(file, hash.stage === 'assembling' ? 'assembling' : 'verifying');
      if (isStill && hash.stage === 'digest') continue;
      if (isStill && bytes !== undefined) {
        this.#goOn(file, hash, bytes);
      } else {
        this.#forget(file);
        // It is not certain any more which chunks make up the file.
        if (isStill && hash.stage === 'rest') this.#verifyWhole(file);
      }
    }
  }

  #goOn(file: OpenFile, hash: RunningHash, bytes: HashableBytes): void {
    const { workId, version } = file;
    const isAssembling = hash.stage === 'assembling';
    while (this.#underWayCount < sliceCount) {
      if (isAssembling && bytes.hashedBytes === 0 && hash.begunCount >= mostBegun) return;
      const next = bytes.nextToHash(isAssembling ? this.#sliceBytes : 1, this.#sliceBytes);
      if (next === undefined) break;
      if (next.startByte === 0) hash.begunCount += 1;
      this.#underWayCount += 1;
      this.#parts.emit({ kind: 'hash', workId, ...next });
    }
    if (isAssembling || bytes.hashedBytes < version.size) return;
    hash.stage = 'digest';
    this.#parts.emit({ kind: 'verify-hashed', workId, fileHash: version.identity.fileHash });
  }

  #isAt(file: OpenFile, state: 'assembling' | 'verifying'): boolean {
    return file.state === state && this.#parts.isOpen(file);
  }

  #bytesOf({ version }: OpenFile): HashableBytes | undefined {
    if (this.#hasEnded) return undefined;
    const bytes = version.hashable;
    return bytes !== undefined && bytes.expectedBytes >= this.#leastBytes ? bytes : undefined;
  }

  #forget(file: OpenFile): void {
    this.#running.delete(file);
    file.version.hashable?.forgetHash();
    this.#parts.emit({ kind: 'forget-hash', workId: file.workId });
  }

  #verifyWhole({ workId, version, size, onTopic: content }: OpenFile): void {
    const { fileHash } = version.identity;
    if (content !== undefined) return this.#parts.emit({ kind: 'verify-content', workId, content });
    const { part } = version;
    if (part === undefined) this.#parts.emit({ kind: 'verify', workId, bytes: version.content, fileHash });
    else
      this.#parts.emit({
        kind: 'verify-part',
        workId,
        content: { part, size, fileHash, chunks: version.chunks },
      });
  }
}
