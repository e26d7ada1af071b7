import type { EngineParts } from './engine-parts.js';
import type { GrowingFile } from './growing-file.js';
import type { EngineCommand, EngineEvent } from './messages.js';
import type { OpenFile } from './open-file.js';
import type { TakenRecord } from './taken-record.js';

export type TakenFlowParts = Pick<
  EngineParts,
  | 'dropped'
  | 'files'
  | 'idle'
  | 'incomplete'
  | 'pressure'
  | 'readBack'
  | 'scatter'
  | 'verdicts'
  | 'verification'
  | 'verifying'
>;

/** From a record that was taken in to its file being verified: whether room is needed for it, and whether it was the last one. */
export class TakenFlow {
  readonly #parts: TakenFlowParts;
  readonly #growing: GrowingFile;
  readonly #emit: (command: EngineCommand) => void;

  constructor(parts: TakenFlowParts, growing: GrowingFile, emit: (command: EngineCommand) => void) {
    this.#parts = parts;
    this.#growing = growing;
    this.#emit = emit;
  }

  taken(taken: TakenRecord): void {
    const { file } = taken;
    if (file === undefined) return;
    this.#watchScatter(file);
    if (taken.kind === 'settled') this.#growing.grown(file);
    this.#parts.pressure.spill(false);
    this.#parts.dropped.makeRoom();
    this.#parts.verifying.grown(file);
    if (taken.kind === 'too-large') this.#parts.verdicts.tooLarge(file, taken.bad);
    else if (!this.#parts.incomplete.resume(file) && taken.kind === 'complete') this.complete(file);
  }

  /** All chunks of the file are known. */
  complete(file: OpenFile): void {
    if (!this.#parts.dropped.complete(file)) this.#parts.verification.begin(file);
  }

  readBack({ workId, partition, records }: EngineEvent & { kind: 'read-back' }, nowMs: number): void {
    this.#parts.idle.touch(nowMs);
    for (const taken of this.#parts.readBack.take(workId, partition, records)) this.taken(taken);
  }

  readBackEnded({ workId, missing }: EngineEvent & { kind: 'read-back-ended' }): void {
    const file = this.#parts.readBack.ended(workId);
    if (file === undefined) return;
    const wasOfCopies = this.#parts.dropped.readAgain(file, missing);
    const { isComplete, heldCount, identity } = file.version;
    if (isComplete) this.complete(file);
    // Of a file whose chunks contradict each other it may have been the wrong one.
    else if (missing.length > 0 && heldCount < identity.count) this.#parts.files.lost(file, missing, true);
    else if (wasOfCopies) this.#parts.verification.stayedIncomplete(file);
  }

  #watchScatter(file: OpenFile): void {
    const text = this.#parts.scatter.met(file);
    if (text !== undefined) this.#emit({ kind: 'tell-scattered', file: text });
  }
}
