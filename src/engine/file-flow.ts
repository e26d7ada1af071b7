import type { OnFailure } from '../config/on-failure.js';
import { FileHashMismatchError, type FileTooLargeError } from '../errors.js';
import type { FileReady, FileSettled, OutgoingMessage } from '../processing/file-work.js';
import type { ChunkPosition } from '../assembly/held-chunk.js';
import { lostText } from './set-aside/lost-text.js';
import { resultId } from '../wire/result-id.js';
import type { ChunkIntake } from './chunk-intake.js';
import type { CrashGuard } from './crash-guard/crash-guard.js';
import type { FileFailure, LetterWriter } from './dead-letters/letter-writer.js';
import { doneReport, failedReport, failureText, refusal } from './file-end-reports.js';
import type { HeldMemory } from './held-memory.js';
import type { EngineCommand } from './messages.js';
import type { OutcomeFlow } from './outcome-flow.js';
import { describeFile, type OpenFile } from './open-file.js';
import type { DecidedOutcome } from './recent-outcomes.js';
import { leaveContent } from './topic-content/leave-content.js';
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
  readonly memory: HeldMemory;
  /** Exactly-once: results are produced in the transaction that settles the file. */
  readonly isTransactional: boolean;
  readonly settling: OutcomeFlow;
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
 * A verified file on its way to its outcome: hand to the user's method, produce what it returned. From there `OutcomeFlow` has it.
 *
 * Under exactly-once the results are not produced here: they go with its outcome.
 *
 * An outcome is the only thing that lets offsets move on, and each version gets one: work ids that are not known (any
 * more) are ignored, so that answers that come after a partition was lost change nothing.
 */
export class FileFlow {
  readonly #options: FileFlowOptions;
  readonly #parts: FileFlowParts;
  readonly #files = new Map<number, OpenFile>();
  /** Those that are called once that is on the state topic. */
  readonly #announcing = new Set<number>();

  constructor(options: FileFlowOptions, parts: FileFlowParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** The hash of a whole file was right: it waits for its turn. */
  ready(file: OpenFile): void {
    this.#files.set(file.workId, file);
    file.state = 'waiting';
    this.#parts.memory.recount(file);
    this.#parts.queue.push(file);
  }

  /** Hands files to the user's method as long as it may have more. */
  handOver(): void {
    const { queue, memory, nowMs } = this.#parts;
    const guard = this.#parts.guard();
    if (guard?.isReady === false) return;
    for (;;) {
      const file = queue.next(this.#parts.settling.endedCount, guard?.announces !== true);
      if (file === undefined) return;
      const verdict = guard?.judge(file, queue.handedOverCount) ?? 'call';
      if (verdict === 'wait') return;
      queue.take(file, verdict === 'alone');
      file.state = 'processing';
      memory.recount(file);
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
    this.#parts.settling.stop();
    for (const workId of this.#announcing) {
      const file = this.#files.get(workId);
      if (file !== undefined) this.#giveBack(file);
    }
    this.#announcing.clear();
  }

  /** The file waits for its next attempt, or no longer. */
  backOff(workId: number, isBackingOff: boolean): void {
    const file = this.#files.get(workId);
    if (file?.state === 'processing') this.#parts.queue.backOff(file, isBackingOff);
  }

  settled({ workId, outcome, attempts, processingMs }: FileSettled): void {
    const file = this.#files.get(workId);
    if (file?.state !== 'processing') return;
    file.attempts = attempts;
    file.processingMs = processingMs;
    leaveContent(file, this.#parts);
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
      if (this.#parts.isTransactional) this.#done(file, outcome.messages);
      else if (outcome.messages.length === 0) this.produced(workId);
      else this.#parts.emit({ kind: 'produce', workId, messages: outcome.messages });
    }
  }

  /** All results of the file are acknowledged. */
  produced(workId: number): void {
    const file = this.#files.get(workId);
    if (file?.state === 'producing') this.#done(file, []);
  }

  refused(workId: number, error: Error): void {
    const file = this.#files.get(workId);
    if (file?.state === 'producing') this.#failOrStop(file, refusal(error, file));
  }

  /** The state topic takes nothing any more: nobody can be told before a file is called. */
  recordingEnded(): void {
    for (const workId of [...this.#announcing]) this.announced(workId);
  }

  /** Exactly-once: Kafka refuses its result in the transaction. */
  resultRefused(file: OpenFile, error: Error): void {
    this.#failOrStop(file, refusal(error, file));
  }

  /** The version is not open any more. */
  ended(file: OpenFile): void {
    this.#files.delete(file.workId);
  }

  /** It cannot have its name in the output directory. */
  notPlaced(workId: number, error: Error): void {
    const file = this.#files.get(workId);
    if (file?.state === 'processing') this.#failOrStop(file, { reason: 'not-placed', error });
  }

  tooLarge(file: OpenFile, error: FileTooLargeError): void {
    this.#enter(file);
    this.#fail(file, { reason: 'too-large', error });
  }

  /** No content that its chunks allow has its hash. */
  corrupt(file: OpenFile): void {
    const error = new FileHashMismatchError(
      'every chunk has the SHA-512 it names, but the whole file does not: its chunks are from different ' +
        'contents, or the file hash is wrong. Upload the file again',
    );
    this.#enter(file);
    this.#fail(file, { reason: 'file-hash-mismatch', error }, 'corrupt');
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
    this.#parts.settling.drop(files);
    for (const file of files) {
      this.#files.delete(file.workId);
      this.#announcing.delete(file.workId);
      leaveContent(file, this.#parts);
      this.#parts.intake.remove(file);
      this.#parts.queue.leave(file);
    }
  }

  /** It stays open, and without its bytes. A restart reads it again. */
  #giveBack(file: OpenFile): void {
    leaveContent(file, this.#parts);
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

  #process(file: OpenFile): void {
    const { version } = file;
    const { keepsFiles = false } = this.#options;
    const ready = this.#fileReady(file);
    const part = version.part ?? (keepsFiles ? version.keep() : undefined);
    if (part === undefined) this.#parts.emit({ kind: 'process', file: ready });
    else this.#parts.emit({ kind: 'place-and-process', file: ready, part });
  }

  /** It is under way to its outcome. */
  #enter(file: OpenFile): void {
    this.#files.set(file.workId, file);
    this.#parts.queue.enter(file);
  }

  #done(file: OpenFile, messages: readonly OutgoingMessage[]): void {
    const report = doneReport(file, this.#options.topic);
    const decidedAtMs = this.#parts.nowMs();
    this.#parts.settling.decide({ kind: 'decided', file, outcome: 'done', decidedAtMs, messages, report });
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
    const { letters, nowMs, settling } = this.#parts;
    const writer = letters();
    const report = failedReport(file, this.#options.topic, failure, writer?.topic);
    const letter = writer?.forFile(file, failure, nowMs());
    const messages = letter === undefined ? [] : [letter];
    leaveContent(file, this.#parts);
    file.version.release();
    settling.decide({ kind: 'decided', file, outcome, decidedAtMs: nowMs(), messages, report });
  }

  #contentOf({ version, onTopic }: OpenFile): Pick<FileReady, 'bytes' | 'isOnTopic'> {
    if (onTopic !== undefined) return { isOnTopic: true };
    return version.part === undefined ? { bytes: version.handOver() } : {};
  }

  #fileReady(file: OpenFile): FileReady {
    const { name, version, topic, timeOriginMs = 0 } = this.#options;
    const { path, fileHash, count } = file.version.identity;
    return {
      workId: file.workId,
      info: describeFile(file, topic),
      ...this.#contentOf(file),
      size: file.size,
      resultId: resultId(name, version, path, fileHash, count),
      firstChunkAtMs: timeOriginMs + file.firstChunkAtMs,
      ...(file.trace === undefined ? {} : { trace: file.trace }),
    };
  }
}
