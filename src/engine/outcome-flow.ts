import type { OutgoingMessage } from '../processing/file-work.js';
import type { ChunkIntake } from './chunk-intake.js';
import type { CrashGuard } from './crash-guard/crash-guard.js';
import type { HeldMemory } from './held-memory.js';
import type { EngineCommand } from './messages.js';
import { partitionsOf, type OpenFile } from './open-file.js';
import type { DecidedFile, Outbox, OutboxEntry } from './outbox.js';
import type { OutcomeRecorder } from './outcome-recorder.js';
import type { OwnedPartitions } from './owned-partitions.js';
import { PathOrder } from './path-order.js';
import type { RecentOutcomes } from './recent-outcomes.js';
import type { IncompleteFiles } from './set-aside/incomplete-files.js';
import type { OutcomeReading } from './waiting-records.js';
import type { WorkQueue } from './work-queue.js';

export interface OutcomeFlowParts {
  readonly intake: ChunkIntake;
  readonly queue: WorkQueue;
  readonly outcomes: RecentOutcomes;
  readonly partitions: OwnedPartitions;
  readonly memory: HeldMemory;
  /** Exactly-once: where decided files wait for the transaction that settles them. */
  readonly outbox?: Outbox;
  /** What becomes of each file goes to the state topic; undefined: it is not kept. */
  readonly recorder: () => OutcomeRecorder | undefined;
  /** Whether it is to be read what became of files elsewhere, and whether that has begun. */
  readonly outcomeReading: () => OutcomeReading;
  readonly incomplete: IncompleteFiles;
  /** Knows which files may end the process; undefined: nobody does, as there is no state topic. */
  readonly guard: () => CrashGuard | undefined;
  readonly emit: (command: EngineCommand) => void;
  /** Time of the event that is being handled. */
  readonly nowMs: () => number;
}

export interface OutcomeFlowHandlers {
  /** The version is not open any more. */
  onEnded(file: OpenFile): void;
  /** Exactly-once: Kafka will never take its result, e.g. because it is too large. */
  onResultRefused(file: OpenFile, error: Error): void;
}

/**
 * A file whose outcome is decided, on its way to where that is settled: its dead letter is acknowledged, then its record on the state topic, then
 * its offsets may be committed. Under exactly-once all three are one transaction, and what waits for it lies in the outbox.
 */
export class OutcomeFlow {
  readonly #parts: OutcomeFlowParts;
  readonly #handlers: OutcomeFlowHandlers;
  /** Exactly-once: those in the outbox, or in the transaction that is on its way. */
  readonly #uncommitted = new Set<OpenFile>();
  /** At-least-once: those whose dead letter is on its way, by work id. */
  readonly #lettering = new Map<number, DecidedFile>();
  /** At-least-once: versions of a path, in the order in which they are recorded. */
  readonly #order = new PathOrder();
  /** At-least-once: those of `#recording` whose record waits, as it replaces one that may not be read yet. */
  readonly #unread = new Set<DecidedFile>();
  /** At-least-once: those whose outcome is on its way to the state topic, by work id. */
  readonly #recording = new Map<number, DecidedFile>();
  #isStopping = false;
  #endedCount = 0;

  constructor(parts: OutcomeFlowParts, handlers: OutcomeFlowHandlers) {
    this.#parts = parts;
    this.#handlers = handlers;
  }

  /** Versions that got an outcome. */
  get endedCount(): number {
    return this.#endedCount;
  }

  /** @param decided its messages are to be produced still; its results are among them only under exactly-once */
  decide(decided: DecidedFile): void {
    const { file, messages } = decided;
    if (this.#parts.outbox !== undefined) return this.#addToTransaction(decided, this.#parts.outbox);
    const [letter] = messages;
    if (letter === undefined) return this.#record(decided);
    file.state = 'recording';
    this.#lettering.set(file.workId, decided);
    this.#parts.emit({ kind: 'dead-letter', workId: file.workId, message: letter });
  }

  /** At-least-once: the dead letter is on its topic, or Kafka will not take it there. */
  deadLettered(workId: number): void {
    const decided = this.#lettering.get(workId);
    if (decided === undefined) return;
    this.#lettering.delete(workId);
    this.#record(decided);
  }

  /** The dead-letter topic takes nothing any more: the files go on without. */
  deadLetteringEnded(): void {
    for (const workId of [...this.#lettering.keys()]) this.deadLettered(workId);
  }

  /** It is known what became of files elsewhere. */
  outcomesRead(): void {
    const unread = [...this.#unread];
    this.#unread.clear();
    for (const decided of unread) this.#sendRecord(decided);
  }

  /** Nothing is read any more but what is being read: records do not wait for more. */
  stop(): void {
    this.#isStopping = true;
    if (!this.#mustRead) this.outcomesRead();
  }

  /** At-least-once: the outcome is on the state topic, or Kafka will not take it there. */
  recorded(workId: number): void {
    const decided = this.#recording.get(workId);
    if (decided === undefined) return;
    this.#recording.delete(workId);
    this.#conclude(decided);
    const next = this.#order.leave(decided.file);
    if (next !== undefined) this.#sendRecord(this.#recording.get(next.workId)!);
  }

  /** The state topic takes nothing any more: the files go on without. */
  recordingEnded(): void {
    for (const workId of [...this.#recording.keys()]) this.recorded(workId);
    this.#unread.clear();
  }

  /** Exactly-once: the outcomes in this batch are committed, with their results. */
  committed(batch: readonly OutboxEntry[]): void {
    for (const entry of batch)
      if (entry.kind === 'decided' && this.#uncommitted.delete(entry.file)) this.#conclude(entry);
  }

  /** Exactly-once: Kafka refuses a message of this very file. */
  refusedAlone(decided: DecidedFile, error: Error): void {
    const { file, outcome } = decided;
    if (!this.#uncommitted.has(file)) return;
    file.removedCount = 0;
    if (outcome === 'done') {
      this.#uncommitted.delete(file);
      this.#handlers.onResultRefused(file, error);
    } else {
      // Without its dead letter and its record.
      this.#parts.outbox?.add({ ...decided, messages: [], isUnrecorded: true });
    }
  }

  /** The partitions that these files lie on are no longer ours, or are read again from the committed offsets. */
  drop(files: ReadonlySet<OpenFile>): void {
    this.#parts.outbox?.drop(files);
    for (const file of files) {
      this.#uncommitted.delete(file);
      this.#recording.delete(file.workId);
      this.#lettering.delete(file.workId);
    }
    for (const decided of this.#unread) if (files.has(decided.file)) this.#unread.delete(decided);
    for (const file of files) {
      const next = this.#order.leave(file);
      // What others recorded is read again now.
      if (next !== undefined && !files.has(next)) this.#unread.add(this.#recording.get(next.workId)!);
    }
  }

  #addToTransaction(decided: DecidedFile, outbox: Outbox): void {
    const { file } = decided;
    file.state = 'producing';
    this.#uncommitted.add(file);
    this.#parts.memory.recount(file);
    this.#parts.queue.decided(file);
    outbox.add(decided);
  }

  /** Exactly-once: what the state topic has of a file that was set aside goes with its outcome. */
  removalOf(file: OpenFile): OutgoingMessage[] {
    const removal = this.#parts.incomplete.removalOf(file.version.identity.id);
    file.removedCount = removal.length;
    return removal;
  }

  /** At-least-once: everything else of the file is acknowledged. */
  #record(decided: DecidedFile): void {
    const { file } = decided;
    this.#parts.memory.recount(file);
    const recorder = this.#parts.recorder();
    if (recorder === undefined) return this.#conclude(decided);
    file.state = 'recording';
    this.#recording.set(file.workId, decided);
    // Each replaces the one before of its path, and names it: it is sent when that one is there.
    this.#order.enter(file);
    if (this.#order.isFirst(file)) this.#sendRecord(decided);
  }

  #sendRecord(decided: DecidedFile): void {
    const { workId } = decided.file;
    const message = this.#mustRead ? undefined : this.#parts.recorder()?.messageFor(decided);
    if (message === undefined) this.#unread.add(decided);
    else this.#parts.emit({ kind: 'record', workId, message });
  }

  /** Whether what others recorded has to be known first. */
  get #mustRead(): boolean {
    const reading = this.#parts.outcomeReading();
    return reading === 'under-way' || (reading === 'due' && !this.#isStopping);
  }

  #conclude({ file, outcome, report }: DecidedFile): void {
    const { id } = file.version.identity;
    this.#handlers.onEnded(file);
    this.#parts.queue.leave(file);
    this.#parts.intake.remove(file);
    this.#parts.partitions.settle(id);
    this.#parts.outcomes.add({ id, partitions: partitionsOf(file) }, outcome);
    this.#parts.recorder()?.noteRecorded(file, outcome);
    this.#parts.incomplete.settled(file);
    this.#parts.guard()?.forget(id);
    this.#endedCount += 1;
    this.#parts.emit({ kind: 'report', report: report(this.#parts.nowMs()) });
  }
}
