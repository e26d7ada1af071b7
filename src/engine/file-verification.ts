import type { BadChunk } from '../assembly/bad-chunk.js';
import { placeText, type ChunkPosition } from '../assembly/held-chunk.js';
import type { ChunkIntake } from './chunk-intake.js';
import type { HeldMemory } from './held-memory.js';
import type { EngineCommand } from './messages.js';
import type { OpenFile } from './open-file.js';
import type { OwnedPartitions } from './owned-partitions.js';
import { leaveContent } from './topic-content/leave-content.js';
import type { Verifying } from './verifying.js';
import type { WorkQueue } from './work-queue.js';

export interface FileVerificationParts {
  readonly intake: ChunkIntake;
  readonly queue: WorkQueue;
  readonly partitions: OwnedPartitions;
  readonly memory: HeldMemory;
  readonly verifying: Verifying;
  readonly emit: (command: EngineCommand) => void;
}

/** What becomes of the files. */
export interface FileVerificationHandlers {
  /** It has its hash. */
  onVerified(file: OpenFile): void;
  /** All chunks of another content of it are known. */
  onComplete(file: OpenFile): void;
  /** No content that its chunks allow has its hash: it fails, unless another chunk follows. */
  onRefuted(file: OpenFile): void;
  /** These chunks of it are not on the topic any more, and there are no others. */
  onLost(file: OpenFile, missing: readonly ChunkPosition[]): void;
  /** These chunks of a file that was left on the topic are damaged or gone. @returns whether copies of them are read */
  readCopies(file: OpenFile, indexes: ReadonlySet<number>): boolean;
  /** It has a content with its hash. @returns chunks that said otherwise */
  acquit(file: OpenFile): readonly BadChunk[];
}

/**
 * A whole file until its hash is compared: then `FileFlow` has it; or it is not whole after all, and waits for other chunks.
 *
 * Work ids that are not known (any more) are ignored, so that answers that come after a partition was lost change nothing.
 */
export class FileVerification {
  readonly #parts: FileVerificationParts;
  readonly #handlers: FileVerificationHandlers;
  readonly #files = new Map<number, OpenFile>();

  constructor(parts: FileVerificationParts, handlers: FileVerificationHandlers) {
    this.#parts = parts;
    this.#handlers = handlers;
  }

  /** The last missing chunk of a file arrived. */
  begin(file: OpenFile): void {
    const { queue, memory, verifying } = this.#parts;
    file.size = file.version.contentSize;
    this.#files.set(file.workId, file);
    queue.enter(file);
    file.state = 'verifying';
    memory.recount(file);
    file.changedWhileVerifying = false;
    verifying.begin(file);
  }

  /** @param damagedIndexes of content on disk or on the topic that does not match */
  verified(workId: number, matches: boolean, damagedIndexes?: readonly number[]): void {
    const file = this.#files.get(workId);
    if (file?.state !== 'verifying') return;
    this.#parts.verifying.verified(file);
    if (file.changedWhileVerifying) {
      // Its size or even which chunks make it up may be another now.
      this.#reassemble(file);
      if (file.version.isComplete) this.#handlers.onComplete(file);
    } else if (matches) {
      for (const bad of [...file.version.settle(), ...this.#handlers.acquit(file)])
        this.#parts.intake.reportBad(bad);
      this.#files.delete(workId);
      this.#handlers.onVerified(file);
    } else {
      this.#refute(file, damagedIndexes);
    }
  }

  /** Chunks of a file that was to be verified on the topic are not there any more. */
  contentGone(workId: number, missing: readonly ChunkPosition[]): void {
    const file = this.#files.get(workId);
    if (file?.state !== 'verifying' || file.onTopic === undefined) return;
    const gone = new Set(missing.map(placeText));
    const lost = file.onTopic.chunks.filter(chunk => gone.has(placeText(chunk)));
    file.version.lose(missing);
    this.#reassemble(file);
    if (this.#handlers.readCopies(file, new Set(lost.map(({ index }) => index)))) return;
    if (file.version.isComplete) this.#handlers.onComplete(file);
    else this.#handlers.onLost(file, missing);
  }

  /** Chunks of it were given up, and there are no others in their places. */
  stayedIncomplete(file: OpenFile): void {
    if (file.version.isRefuted) {
      this.#handlers.onRefuted(file);
    } else if (file.version.heldCount === 0 && file.isSaidTooLarge !== true) {
      // Nothing good is left of it, so it must not hold its partitions back.
      this.#parts.intake.remove(file);
      this.#parts.partitions.release(file.version.identity.id);
    }
  }

  /** It is not ours any more. */
  forget(file: OpenFile): void {
    this.#files.delete(file.workId);
  }

  #refute(file: OpenFile, damagedIndexes: readonly number[] | undefined): void {
    const wasOnTopic = file.onTopic !== undefined;
    const { bad, next } = file.version.refute(damagedIndexes);
    this.#parts.memory.recount(file);
    for (const chunk of bad) this.#parts.intake.reportBad(chunk);
    this.#reassemble(file);
    // A good copy of what is damaged comes before other contents.
    if (wasOnTopic && this.#handlers.readCopies(file, new Set(damagedIndexes))) return;
    if (next === 'complete') this.#handlers.onComplete(file);
    else this.stayedIncomplete(file);
  }

  /** It is not whole after all. */
  #reassemble(file: OpenFile): void {
    this.#files.delete(file.workId);
    this.#parts.queue.leave(file);
    leaveContent(file, this.#parts);
    file.state = 'assembling';
  }
}
