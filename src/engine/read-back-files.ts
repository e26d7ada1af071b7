import type { ChunkPosition } from '../assembly/held-chunk.js';
import type { RawRecord } from '../kafka/driver.js';
import type { ChunkIntake } from './chunk-intake.js';
import type { EngineCommand } from './messages.js';
import type { OpenFile } from './open-file.js';
import type { TakenRecord } from './taken-record.js';

export interface ReadBackFilesParts {
  readonly intake: ChunkIntake;
  readonly emit: (command: EngineCommand) => void;
}

/**
 * Files of which chunks are read again: they were set aside, or their bytes were given up. Until all of that is read none of them is
 * complete, stalled, or dropped.
 */
export class ReadBackFiles {
  readonly #parts: ReadBackFilesParts;
  readonly #files = new Map<number, OpenFile>();

  constructor(parts: ReadBackFilesParts) {
    this.#parts = parts;
  }

  get isEmpty(): boolean {
    return this.#files.size === 0;
  }

  begin(file: OpenFile, chunks: readonly ChunkPosition[]): void {
    file.isReadingBack = true;
    this.#files.set(file.workId, file);
    this.#parts.emit({ kind: 'read-back', workId: file.workId, chunks });
  }

  /** @returns what became of the records; none when the file is gone */
  take(workId: number, partition: number, records: readonly RawRecord[]): TakenRecord[] {
    const file = this.#files.get(workId);
    if (file === undefined) return [];
    return records.map(record => this.#parts.intake.takeAgain(record, partition, file));
  }

  /** @returns the file, unless it is gone */
  ended(workId: number): OpenFile | undefined {
    const file = this.#files.get(workId);
    this.#files.delete(workId);
    if (file !== undefined) file.isReadingBack = false;
    return file?.state === 'assembling' ? file : undefined;
  }

  /** Partitions of these files were lost. */
  drop(files: ReadonlySet<OpenFile>): void {
    for (const { workId } of files) this.#files.delete(workId);
  }
}
