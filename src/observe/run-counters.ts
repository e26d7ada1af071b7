import type { EngineProgress } from '../engine/engine.js';
import type { EngineReport } from '../engine/reports.js';
import { maxFailedFiles, type FailedFile, type RunSummary } from './run-summary.js';

type Counts = Pick<
  RunSummary,
  'files' | 'fileBytes' | 'messages' | 'records' | 'badInput' | 'failedFiles' | 'failedFilesOmitted'
>;

/** Adds up what the engine reports. */
export class RunCounters {
  #done = 0;
  #skipped = 0;
  #failed = 0;
  #duplicate = 0;
  #superseded = 0;
  #fileBytes = 0;
  #messages = 0;
  #badInput = 0;
  readonly #badInputByCode = new Map<string, number>();
  readonly #failedFiles: FailedFile[] = [];
  #progress: EngineProgress | undefined;

  /** Files that have an outcome. */
  get outcomeCount(): number {
    return this.#done + this.#failed;
  }

  addReport(report: EngineReport): void {
    switch (report.kind) {
      case 'file-done':
        this.#done += 1;
        if (report.skipped !== undefined) this.#skipped += 1;
        this.#fileBytes += report.size;
        this.#messages += report.messageCount;
        break;
      case 'file-failed':
        this.#failed += 1;
        if (this.#failedFiles.length < maxFailedFiles) this.#failedFiles.push(failedFile(report));
        break;
      case 'duplicate-version':
        this.#duplicate += 1;
        break;
      case 'file-superseded':
        this.#superseded += 1;
        break;
      case 'bad-input':
        this.#badInput += 1;
        this.#badInputByCode.set(report.code, (this.#badInputByCode.get(report.code) ?? 0) + 1);
        break;
      default:
    }
  }

  setProgress(progress: EngineProgress): void {
    this.#progress = progress;
  }

  /** A copy that later reports do not change. */
  counts(): Counts {
    const progress = this.#progress;
    return {
      files: {
        done: this.#done,
        skipped: this.#skipped,
        failed: this.#failed,
        duplicate: this.#duplicate,
        superseded: this.#superseded,
        unfinished: progress?.pipelineFileCount ?? 0,
        incomplete: incompleteCount(progress),
      },
      fileBytes: this.#fileBytes,
      messages: this.#messages,
      records: { count: progress?.recordCount ?? 0, bytes: progress?.recordBytes ?? 0 },
      badInput: { count: this.#badInput, byCode: Object.fromEntries(this.#badInputByCode) },
      failedFiles: [...this.#failedFiles],
      failedFilesOmitted: this.#failed - this.#failedFiles.length,
    };
  }
}

/** Files without outcome of which chunks are missing; whole ones wait for the method or run. */
export function incompleteCount(progress: EngineProgress | undefined): number {
  return progress === undefined ? 0 : Math.max(0, progress.openFileCount - progress.pipelineFileCount);
}

function failedFile(report: EngineReport & { kind: 'file-failed' }): FailedFile {
  const { file, size, reason, error, attempts } = report;
  return { path: file.path, size, sha512: file.sha512, reason, error, attempts, source: file.source };
}
