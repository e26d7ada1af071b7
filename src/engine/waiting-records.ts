import { HeldRecords } from './held-records.js';
import type { EngineCommand } from './messages.js';
import { OutcomeGate, type HeldEvent } from './outcome-gate.js';
import type { OwnedPartitions } from './owned-partitions.js';

/** Of what others recorded; `due`: once it is known what is committed. */
export type OutcomeReading = 'none' | 'due' | 'under-way';

export interface WaitingRecordsParts {
  readonly partitions: OwnedPartitions;
  readonly emit: (command: EngineCommand) => void;
  /** Takes in what was read. @returns what of it has to wait, as enough is under way */
  readonly judge: (event: HeldEvent, nowMs: number) => HeldEvent | undefined;
  /** Whether so little is under way that what waits may be looked at. */
  readonly hasRoom: () => boolean;
}

/**
 * Lets what was read of the topic wait, in its order, until it is known how earlier runs ended, and while enough is under way: whole
 * files that wait for their method, dead letters.
 */
export class WaitingRecords {
  readonly #parts: WaitingRecordsParts;
  readonly #gate = new OutcomeGate();
  readonly #held = new HeldRecords();
  /** The reading of the state topic that begins once it is known what is committed. */
  #dueReadId: number | undefined;

  constructor(parts: WaitingRecordsParts) {
    this.#parts = parts;
  }

  /** Nothing is judged before: what another member finished must not be opened again. */
  get awaitsOutcomes(): boolean {
    return this.#gate.isClosed;
  }

  /** How far the reading is for which that waits. */
  get outcomeReading(): OutcomeReading {
    if (!this.#gate.isClosed) return 'none';
    return this.#dueReadId === undefined ? 'under-way' : 'due';
  }

  /** Nothing waits, and nothing has to. */
  get isClear(): boolean {
    return !this.#gate.isClosed && this.#held.isEmpty;
  }

  /** Reading goes on until the committed offsets are known, as they come with it. */
  get pausesReading(): boolean {
    return (this.#gate.isClosed && this.#dueReadId === undefined) || !this.#held.isEmpty;
  }

  take(event: HeldEvent, nowMs: number): void {
    if (!this.#gate.isClosed) return this.#judgeOrHold(event, nowMs);
    const { partitions } = this.#parts;
    this.#gate.hold(event);
    // Records come after the committed offset, if there is one.
    if (event.epoch === partitions.epoch) partitions.assumeKnown(event.partition);
    this.readOutcomesIfDue();
  }

  /** Outcomes of others count from now on. */
  awaitOutcomes(): void {
    if (!this.#parts.partitions.areOffsetsKnown) this.#dueReadId = this.#gate.close();
  }

  /**
   * What is committed has to be known first. Under exactly-once the member before may have sent its offsets in time and the records
   * that belong to them only later: a state topic that was read in between would not say what those offsets rest on. They are
   * told once that transaction is decided, and then its records are there.
   */
  readOutcomesIfDue(): void {
    const { partitions, emit } = this.#parts;
    if (this.#dueReadId === undefined || !partitions.areOffsetsKnown) return;
    const readId = this.#dueReadId;
    this.#dueReadId = undefined;
    emit({ kind: 'pause', partitions: partitions.numbers });
    emit({ kind: 'read-outcomes', readId });
  }

  /** @returns whether it is the reading that was waited for; what waited is judged then */
  outcomesRead(readId: number, nowMs: number): boolean {
    const held = this.#gate.open(readId);
    for (const event of held ?? []) this.#judgeOrHold(event, nowMs);
    return held !== undefined;
  }

  /** @returns whether anything was judged, as there is room again */
  goOn(nowMs: number): boolean {
    if (this.#held.isEmpty || this.#gate.isClosed || !this.#parts.hasRoom()) return false;
    this.#held.goOn(event => this.#parts.judge(event, nowMs));
    return true;
  }

  #judgeOrHold(event: HeldEvent, nowMs: number): void {
    if (!this.#held.isEmpty) return this.#held.hold(event);
    const rest = this.#parts.judge(event, nowMs);
    if (rest === undefined) return;
    this.#held.hold(rest);
    this.#parts.emit({ kind: 'pause', partitions: this.#parts.partitions.numbers });
  }
}
