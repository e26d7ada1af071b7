import type { PartAction } from '../assembly/byte-store.js';
import type { HeldMemory } from './held-memory.js';
import type { EngineCommand } from './messages.js';
import type { OpenFile } from './open-file.js';
import type { OwnedPartitions } from './owned-partitions.js';
import type { WorkQueue } from './work-queue.js';

export interface MemoryPressureParts {
  readonly memory: HeldMemory;
  readonly queue: WorkQueue;
  readonly partitions: OwnedPartitions;
  readonly files: () => Iterable<OpenFile>;
  readonly emit: (command: EngineCommand) => void;
}

/** Keeps the memory budget: files go to disk, and reading pauses while that is not enough. */
export class MemoryPressure {
  readonly #parts: MemoryPressureParts;

  constructor(parts: MemoryPressureParts) {
    this.#parts = parts;
  }

  /** Pauses and resumes reading. */
  apply(): void {
    const { memory, queue, partitions, emit } = this.#parts;
    this.spill(queue.isPaused);
    const change = queue.pressureChange(memory.share);
    if (change === undefined) return;
    emit({ kind: change, partitions: partitions.numbers });
    const held = { waitingBytes: memory.bytes, waitingCount: queue.fileCount };
    emit({ kind: 'report', report: { kind: 'backpressure', paused: change === 'pause', ...held } });
  }

  /** @param isUrgent reading waits for it */
  spill(isUrgent: boolean): void {
    const { memory, files } = this.#parts;
    for (const file of memory.filesToSpill(files(), isUrgent)) {
      file.version.spill();
      memory.recount(file);
    }
  }

  /** What is on its way to disk is in memory until it is there. */
  actOnDisk(action: PartAction): void {
    const { memory, emit } = this.#parts;
    if (action.kind === 'write') memory.writing(action.part, action.data.length);
    emit({ kind: 'part', action });
  }
}
