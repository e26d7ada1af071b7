import type { OnFailure } from '../config/on-failure.js';
import { describeError, FileHashMismatchError, type FileTooLargeError } from '../errors.js';
import type { FileReady, FileSettled, OutgoingMessage } from '../processing/file-work.js';
import type { ChunkPosition } from '../assembly/chunk-assembly.js';
import { lostText } from './set-aside/lost-text.js';
import { serializedErrorText } from '../processing/serialize-error.js';
import { resultId } from '../wire/result-id.js';
import type { ChunkIntake } from './chunk-intake.js';
import type { CrashGuard } from './crash-guard/crash-guard.js';
import type { FileFailure, LetterWriter } from './dead-letters/letter-writer.js';
import type { HeldMemory } from './held-memory.js';
import type { EngineCommand } from './messages.js';
import type { OutcomeRecorder } from './outcome-recorder.js';
import { describeFile, partitionsOf, type OpenFile } from './open-file.js';
import type { DecidedFile, Outbox, OutboxEntry } from './outbox.js';
import type { OwnedPartitions } from './owned-partitions.js';
import type { DecidedOutcome, RecentOutcomes } from './recent-outcomes.js';
import type { FileEndReport } from './reports.js';
import type { IncompleteFiles } from './set-aside/incomplete-files.js';
import type { WorkQueue } from './work-queue.js';

export interface FileFlowOptions {
  readonly topic: string;
  /** Name and version of the class: part of every result id. */
  readonly name: string;
  readonly version: string;
  /** Whether each file gets its name in the output directory before it goes to the method. */
  readonly keepsFiles?: boolean;
  /** What becomes of a file that the method fails for, or whose result Kafka refuses; default `dead-letter`. */
  readonly onFailure?: OnFailure;
  /** Milliseconds since 1970 at which the engine's clock was 0. */
  readonly timeOriginMs?: number;
}

export interface FileFlowParts {
  readonly intake: ChunkIntake;
  readonly queue: WorkQueue;
  readonly outcomes: RecentOutcomes;
  readonly partitions: OwnedPartitions;
  readonly memory: HeldMemory;
  /** Exactly-once: where decided files wait for the transaction that settles them. */
  readonly outbox?: Outbox;
  /** What becomes of each file goes to the state topic; undefined: it is not kept. */
  readonly recorder: () => OutcomeRecorder | undefined;
  readonly incomplete: IncompleteFiles;
  /** Writes the dead letters of files that fail; undefined: they have none. */
  readonly letters: () => LetterWriter | undefined;
  /** Knows which files may end the process; undefined: nobody does, as there is no state topic. */
  readonly guard: () => CrashGuard | undefined;
  /** A file failed, and the worker is to end. */
  readonly onStop: (failure: string) => void;
  readonly emit: (command: EngineCommand) => void;
  /** Time of the event that is being handled. */
  readonly nowMs: () => number;
}

/**
 * A whole file on its way to its outcome: verify, hand to the user's method, produce what it returned, settle.
 *
 * Under exactly-once the results are not produced here: with its outcome the file goes to the outbox, and is settled
 * when the transaction with its results and offsets is committed.
 *
 * An outcome is the only thing that lets offsets move on, and each version gets one: work ids that are not known (any
 * more) are ignored, so that answers that come after a partition was lost change nothing.
 */
export class FileFlow {
  readonly #options: FileFlowOptions;
  readonly #parts: FileFlowParts;
  readonly #files = new Map<number, OpenFile>();
  /** At-least-once: those whose outcome is on its way to the state topic. */
  readonly #recording = new Map<number, DecidedFile>();
  /** At-least-once: those whose dead letter is on its way. */
  readonly #lettering = new Map<number, DecidedFile>();
  /** Those that are called once that is on the state topic. */
  readonly #announcing = new Set<number>();
  #outcomeCount = 0;

  constructor(options: FileFlowOptions, parts: FileFlowParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** Versions that got an outcome. */
  get outcomeCount(): number {
    return this.#outcomeCount;
  }

  /** The last missing chunk of a file arrived. */
  complete(file: OpenFile): void {
    file.size = file.version.size;
    this.#files.set(file.workId, file);
    this.#parts.queue.enter(file);
    this.#verify(file);
  }

  /** @param damagedIndexes of content on disk that does not match */
  verified(workId: number, matches: boolean, damagedIndexes?: readonly number[]): void {
    const file = this.#files.get(workId);
    if (file?.state !== 'verifying') return;
    if (file.changedWhileVerifying) {
      // Its size or even which chunks make it up may be another now.
      this.#parts.queue.leave(file);
      this.complete(file);
    } else if (matches) {
      file.state = 'waiting';
      this.#parts.queue.push(file);
    } else {
      this.#refute(file, damagedIndexes);
    }
  }

  /** Hands files to the user's method as long as it may have more. */
  handOver(): void {
    const { queue, nowMs } = this.#parts;
    const guard = this.#parts.guard();
    if (guard?.isReady === false) return;
    for (;;) {
      const file = queue.next(this.#outcomeCount, guard?.announces !== true);
      if (file === undefined) return;
      const verdict = guard?.judge(file, queue.handedOverCount) ?? 'call';
      if (verdict === 'wait') return;
      queue.take(file, verdict === 'alone');
      file.state = 'processing';
      if (verdict === 'call') {
        this.#process(file);
      } else if (verdict === 'give-up') {
        this.#giveUp(file, guard!.deathsOf(file));
      } else {
        this.#announcing.add(file.workId);
        guard!.announce(file, nowMs());
      }
    }
  }

  /** That the file is about to be called is on the state topic, or Kafka will not take it there. */
  announced(workId: number): void {
    const file = this.#files.get(workId);
    if (this.#announcing.delete(workId) && file !== undefined) this.#process(file);
  }

  /** Nothing is called any more. */
  stop(): void {
    for (const workId of this.#announcing) {
      const file = this.#files.get(workId);
      if (file !== undefined) this.#giveBack(file);
    }
    this.#announcing.clear();
  }

  settled({ workId, outcome, attempts, processingMs }: FileSettled, nowMs: number): void {
    const file = this.#files.get(workId);
    if (file?.state !== 'processing') return;
    file.attempts = attempts;
    file.processingMs = processingMs;
    if (outcome.kind === 'discarded') {
      this.#giveBack(file);
      return;
    }
    this.#parts.guard()?.forget(file.version.identity.id);
    if (outcome.kind === 'failed') {
      this.#failOrStop(file, outcome);
    } else {
      file.version.release();
      file.messageCount = outcome.messages.length;
      file.messageBytes = outcome.messages.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
      if (outcome.skipped !== undefined) file.skipped = outcome.skipped;
      file.state = 'producing';
      this.#parts.memory.recount(file);
      if (this.#parts.outbox !== undefined) this.#done(file, outcome.messages, nowMs);
      else if (outcome.messages.length === 0) this.produced(workId, nowMs);
      else this.#parts.emit({ kind: 'produce', workId, messages: outcome.messages });
    }
  }

  /** All results of the file are acknowledged. */
  produced(workId: number, nowMs: number): void {
    const file = this.#files.get(workId);
    if (file?.state === 'producing') this.#done(file, [], nowMs);
  }

  /** Exactly-once: the outcomes of these files are committed, with their results. */
  committed(batch: readonly OutboxEntry[], nowMs: number): void {
    for (const entry of batch)
      if (entry.kind === 'decided' && this.#files.get(entry.file.workId) === entry.file)
        this.#conclude(entry, nowMs);
  }

  refused(workId: number, error: Error): void {
    const file = this.#files.get(workId);
    if (file?.state === 'producing') this.#failOrStop(file, refusal(error));
  }

  /** At-least-once: the dead letter is on its topic, or Kafka will not take it there. */
  deadLettered(workId: number): void {
    const decided = this.#lettering.get(workId);
    if (decided === undefined) return;
    this.#lettering.delete(workId);
    this.#record(decided, this.#parts.nowMs());
  }

  /** The dead-letter topic takes nothing any more: the files go on without. */
  deadLetteringEnded(): void {
    for (const workId of [...this.#lettering.keys()]) this.deadLettered(workId);
  }

  /** At-least-once: the outcome is on the state topic, or Kafka will not take it there. */
  recorded(workId: number): void {
    const decided = this.#recording.get(workId);
    if (decided === undefined) return;
    this.#recording.delete(workId);
    this.#conclude(decided, this.#parts.nowMs());
  }

  /** The state topic takes nothing any more: the files go on without. */
  recordingEnded(): void {
    for (const workId of [...this.#announcing]) this.announced(workId);
    for (const workId of [...this.#recording.keys()]) this.recorded(workId);
  }

  /** Exactly-once: Kafka refuses a message of this very file. */
  refusedAlone({ file, outcome, report }: DecidedFile, error: Error): void {
    if (this.#files.get(file.workId) !== file) return;
    if (outcome === 'done') this.#failOrStop(file, refusal(error));
    // It had no messages but its dead letter and the one for the state topic.
    else this.#parts.outbox?.add({ kind: 'decided', file, outcome, messages: [], report });
  }

  /** It cannot have its name in the output directory. */
  notPlaced(workId: number, error: Error): void {
    const file = this.#files.get(workId);
    if (file?.state === 'processing') this.#failOrStop(file, { reason: 'not-placed', error });
  }

  tooLarge(file: OpenFile, error: FileTooLargeError): void {
    this.#files.set(file.workId, file);
    this.#fail(file, { reason: 'too-large', error });
  }

  /**
   * Chunks of a file that was set aside, or whose bytes were dropped, are not on the topic any more.
   *
   * @param hasRest whether it only lacks these
   */
  lost(file: OpenFile, missing: readonly ChunkPosition[], hasRest: boolean): void {
    this.#files.set(file.workId, file);
    const message = lostText(missing, this.#options.topic, hasRest);
    this.#fail(file, { reason: 'chunks-lost', error: { name: 'Error', message } }, 'lost');
  }

  /** The partitions that these files lie on are no longer ours, or are read again from the committed offsets. */
  drop(files: ReadonlySet<OpenFile>): void {
    this.#parts.outbox?.drop(files);
    for (const file of files) {
      this.#files.delete(file.workId);
      this.#recording.delete(file.workId);
      this.#lettering.delete(file.workId);
      this.#announcing.delete(file.workId);
      this.#parts.intake.remove(file);
      this.#parts.queue.leave(file);
    }
  }

  /** It stays open, and without its bytes. A restart reads it again. */
  #giveBack(file: OpenFile): void {
    file.version.release();
    file.state = 'given-back';
    this.#parts.memory.recount(file);
    this.#parts.queue.giveBack(file);
  }

  /** It is not called any more. @param deaths runs that it may have ended */
  #giveUp(file: OpenFile, deaths: number): void {
    const message =
      `the process died ${deaths} times while this file was processed, without an error that could be caught (killed, out of memory, ` +
      'process.exit, or a crash in native code), so it is not tried again. reproducer replay runs it alone';
    file.attempts = deaths;
    this.#fail(file, { reason: 'crashed', error: { name: 'Error', message } });
  }

  #verify(file: OpenFile): void {
    file.state = 'verifying';
    file.changedWhileVerifying = false;
    const { workId, version, size } = file;
    const { fileHash } = version.identity;
    const { part } = version;
    if (part === undefined) {
      this.#parts.emit({ kind: 'verify', workId, bytes: version.content.bytes, fileHash });
    } else {
      const content = { part, size, fileHash, chunks: version.chunks };
      this.#parts.emit({ kind: 'verify-part', workId, content });
    }
  }

  #process(file: OpenFile): void {
    const { version } = file;
    const { keepsFiles = false } = this.#options;
    const ready = this.#fileReady(file);
    const part = version.part ?? (keepsFiles ? version.keep() : undefined);
    if (part === undefined) this.#parts.emit({ kind: 'process', file: ready });
    else this.#parts.emit({ kind: 'place-and-process', file: ready, part });
  }

  #refute(file: OpenFile, damagedIndexes: readonly number[] | undefined): void {
    this.#parts.queue.leave(file);
    const { bad, next } = file.version.refute(damagedIndexes);
    this.#parts.memory.recount(file);
    for (const chunk of bad) this.#parts.intake.reportBad(chunk);
    if (next === 'complete') {
      this.complete(file);
    } else if (next === 'incomplete') {
      this.#files.delete(file.workId);
      file.state = 'assembling';
      // Nothing good is left of it, so it must not hold its partitions back.
      if (file.version.heldCount === 0) {
        this.#parts.intake.remove(file);
        this.#parts.partitions.release(file.version.identity.id);
      }
    } else {
      const error = new FileHashMismatchError(
        'every chunk has the SHA-512 it names, but the whole file does not: its chunks are from different ' +
          'contents, or the file hash is wrong. Upload the file again',
      );
      this.#fail(file, { reason: 'file-hash-mismatch', error }, 'corrupt');
    }
  }

  #done(file: OpenFile, messages: readonly OutgoingMessage[], nowMs: number): void {
    const { size, messageCount, messageBytes, skipped, attempts, processingMs } = file;
    const report = (endMs: number): FileEndReport => ({
      kind: 'file-done',
      file: describeFile(file, this.#options.topic),
      size,
      messageCount,
      messageBytes,
      ...(skipped === undefined ? {} : { skipped }),
      attempts,
      processingMs,
      totalMs: endMs - file.firstChunkAtMs,
    });
    this.#decide({ kind: 'decided', file, outcome: 'done', messages, report }, nowMs);
  }

  /** As the user wants it for what the next start may do better; not for an upload that is wrong, which stays so. */
  #failOrStop(file: OpenFile, failure: FileFailure): void {
    if (this.#options.onFailure !== 'stop') return this.#fail(file, failure);
    this.#giveBack(file);
    const { attempts } = file;
    const { reason } = failure;
    const error = failureText(failure);
    const info = describeFile(file, this.#options.topic);
    this.#parts.emit({ kind: 'report', report: { kind: 'file-kept', file: info, reason, error, attempts } });
    this.#parts.onStop(
      `${info.path} failed: ${error}. Its offsets are not committed (--on-failure stop), so the worker tries it again when it is started`,
    );
  }

  #fail(file: OpenFile, failure: FileFailure, outcome: DecidedOutcome = 'failed'): void {
    const { size, attempts, processingMs } = file;
    const { outbox, emit, letters, nowMs } = this.#parts;
    const writer = letters();
    const report = (): FileEndReport => ({
      kind: 'file-failed',
      file: describeFile(file, this.#options.topic),
      size,
      reason: failure.reason,
      error: failureText(failure),
      attempts,
      processingMs,
      ...(writer === undefined ? {} : { deadLetterTopic: writer.topic }),
    });
    const letter = writer?.forFile(file, failure, nowMs());
    const messages = letter === undefined ? [] : [letter];
    file.version.release();
    const decided: DecidedFile = { kind: 'decided', file, outcome, messages, report };
    if (letter === undefined || outbox !== undefined) return this.#decide(decided, nowMs());
    file.state = 'recording';
    this.#lettering.set(file.workId, decided);
    emit({ kind: 'dead-letter', workId: file.workId, message: letter });
  }

  #decide(decided: DecidedFile, nowMs: number): void {
    const { outbox } = this.#parts;
    if (outbox === undefined) return this.#record(decided, nowMs);
    const { file, messages } = decided;
    const message = this.#parts.recorder()?.messageFor(decided, nowMs);
    file.state = 'producing';
    this.#parts.memory.recount(file);
    this.#parts.queue.decided(file);
    const removal = this.#removalOf(file);
    outbox.add(
      message === undefined ? decided : { ...decided, messages: [...messages, message, ...removal] },
    );
  }

  /** At-least-once: everything else of the file is acknowledged. */
  #record(decided: DecidedFile, nowMs: number): void {
    const { file } = decided;
    this.#parts.memory.recount(file);
    const message = this.#parts.recorder()?.messageFor(decided, nowMs);
    if (message === undefined) return this.#conclude(decided, nowMs);
    file.state = 'recording';
    this.#recording.set(file.workId, decided);
    this.#parts.emit({ kind: 'record', workId: file.workId, message });
  }

  #conclude({ file, outcome, report }: DecidedFile, nowMs: number): void {
    this.#end(file, outcome);
    this.#parts.emit({ kind: 'report', report: report(nowMs) });
  }

  #end(file: OpenFile, outcome: DecidedOutcome): void {
    this.#forget(file);
    const { id } = file.version.identity;
    this.#parts.outcomes.add({ id, partitions: partitionsOf(file) }, outcome);
    this.#parts.recorder()?.noteRecorded(file, outcome);
    this.#parts.incomplete.settled(file);
    this.#parts.guard()?.forget(id);
    this.#outcomeCount += 1;
  }

  /** Exactly-once: what the state topic has of a file that was set aside goes with its outcome. */
  #removalOf(file: OpenFile): OutgoingMessage[] {
    const removal = this.#parts.incomplete.removalOf(file.version.identity.id);
    file.removedCount = removal.length;
    return removal;
  }

  /** The version is not open any more. */
  #forget(file: OpenFile): void {
    this.#files.delete(file.workId);
    this.#parts.queue.leave(file);
    this.#parts.intake.remove(file);
    this.#parts.partitions.settle(file.version.identity.id);
  }

  #fileReady(file: OpenFile): FileReady {
    const { name, version, topic, timeOriginMs = 0 } = this.#options;
    const { path, fileHash, count } = file.version.identity;
    return {
      workId: file.workId,
      info: describeFile(file, topic),
      ...(file.version.part === undefined ? { bytes: file.version.content.memory } : {}),
      size: file.size,
      resultId: resultId(name, version, path, fileHash, count),
      firstChunkAtMs: timeOriginMs + file.firstChunkAtMs,
      ...(file.trace === undefined ? {} : { trace: file.trace }),
    };
  }
}

function refusal(error: Error): FileFailure {
  const { name } = error;
  return { reason: 'result-refused', error: { name, message: describeError(error) } };
}

/** What this package says of a file stands for itself; what a method threw has a name. */
function failureText({ reason, error }: FileFailure): string {
  const isOurs =
    reason === 'too-large' ||
    reason === 'not-placed' ||
    reason === 'file-hash-mismatch' ||
    reason === 'crashed' ||
    reason === 'result-refused';
  return isOurs ? error.message : serializedErrorText(error);
}
