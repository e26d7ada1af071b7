import type { CommittedOffset } from '../kafka/driver.js';
import type { ChunkIntake } from './chunk-intake.js';
import type { HeldEvent } from './outcome-gate.js';
import type { OwnedPartitions } from './owned-partitions.js';
import type { EngineReport } from './reports.js';
import type { TakenRecord } from './taken-record.js';

export interface PartitionReadingParts {
  readonly partitions: OwnedPartitions;
  readonly intake: ChunkIntake;
  readonly report: (report: EngineReport) => void;
  /** Whether enough is under way, so that further records have to wait. */
  readonly isFull: () => boolean;
  /** What became of each record, in their order. */
  readonly onTaken: (taken: TakenRecord) => void;
}

/** Takes in what is read of the partitions: committed offsets, records, positions that moved. */
export class PartitionReading {
  readonly #parts: PartitionReadingParts;
  #hasReportedCatchUp = false;

  constructor(parts: PartitionReadingParts) {
    this.#parts = parts;
  }

  /** A generation begins. */
  assigned(): void {
    this.#hasReportedCatchUp = false;
  }

  /** Partitions start from what is committed again. */
  restarted(): void {
    this.#parts.intake.reread.reset();
  }

  committedOffset(committed: CommittedOffset): void {
    const offsets = this.#parts.partitions.takeCommitted(committed);
    if (offsets === undefined) return;
    this.#parts.report({
      kind: 'resumed',
      partition: committed.partition,
      offset: committed.offset,
      readUpTo: offsets.resumeEnd,
      openVersionCount: offsets.unfinishedCount,
    });
  }

  /** @returns what of it has to wait, as enough is under way */
  judge(event: HeldEvent, nowMs: number): HeldEvent | undefined {
    if (event.kind === 'records') return this.#records(event, nowMs);
    this.#positionReset(event);
    return undefined;
  }

  #records(event: HeldEvent & { kind: 'records' }, nowMs: number): HeldEvent | undefined {
    const { partition, records, nextOffset } = event;
    const { partitions, intake, isFull, onTaken } = this.#parts;
    const firstOffset = records[0]?.offset ?? nextOffset;
    let offsets = partitions.offsetsAt(partition, firstOffset);
    if (offsets === undefined) return undefined;
    if (firstOffset < offsets.nextOffset) {
      const expected = offsets.nextOffset;
      offsets = partitions.restartAt(partition, firstOffset);
      this.#reportReset(partition, expected, firstOffset);
    }
    for (const [at, record] of records.entries()) {
      if (isFull()) return { ...event, records: records.slice(at) };
      const taken = intake.take(record, partition, offsets, nowMs);
      offsets.advanceTo(record.offset + 1n);
      onTaken(taken);
    }
    offsets.advanceTo(nextOffset);
    this.#reportCatchUp();
    return undefined;
  }

  /** Retention overtook this worker, or the topic was made anew, or the committed offset is beyond its end. */
  #positionReset({ partition, expected, found }: HeldEvent & { kind: 'position-reset' }): void {
    const { partitions } = this.#parts;
    const offsets = partitions.offsetsAt(partition, found);
    if (offsets === undefined) return;
    if (found < offsets.nextOffset) partitions.restartAt(partition, found);
    // What is not on the topic any more counts as done with; files that miss it stay open.
    else offsets.advanceTo(found);
    this.#reportReset(partition, expected, found);
    this.#reportCatchUp();
  }

  #reportReset(partition: number, expected: bigint, found: bigint): void {
    this.#parts.report({ kind: 'position-reset', partition, expected, found });
  }

  #reportCatchUp(): void {
    const { intake, partitions, report } = this.#parts;
    if (this.#hasReportedCatchUp || !partitions.isPastResumeEnd) return;
    this.#hasReportedCatchUp = true;
    const { counts } = intake.reread;
    if (counts.rereadChunkCount === 0 && counts.skippedChunkCount === 0) return;
    report({ kind: 'caught-up-with-earlier-run', ...counts });
  }
}
