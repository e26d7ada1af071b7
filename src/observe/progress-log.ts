import type { EngineProgress } from '../engine/engine.js';
import type { LineWriter } from './line-writer.js';
import { bytesText, countText, numberText } from './quantity-text.js';
import { incompleteCount } from './run-counters.js';

/** Shortest time between two lines of progress. */
const intervalMs = 5_000;

type Waiting = 'connecting' | 'standing-by' | 'waiting';

/** What is counted elsewhere and belongs into the line. */
export interface ProgressCounts {
  readonly done: number;
  readonly failed: number;
  /** How far calls of the method say they are: `a.xy 40 %`. */
  readonly calls: readonly string[];
  /** What is to be read does not exist: no connection is lacking. */
  readonly missingTopic?: string;
}

/**
 * Says how far the worker is: at most every 5 seconds while something happens, once when it begins to wait for files, to
 * stand by, or to look for the brokers; nothing while nothing changes.
 */
export class ProgressLog {
  readonly #logger: LineWriter;
  readonly #now: () => number;
  #lastLineAtMs: number;
  #rateFrom: { readonly atMs: number; readonly bytes: number };
  /** Told last; undefined while it works. */
  #told: Waiting | undefined = 'connecting';
  #last: EngineProgress | undefined;
  #lastOutcomes = 0;

  /** @param now milliseconds that never go back */
  constructor(logger: LineWriter, now: () => number) {
    this.#logger = logger;
    this.#now = now;
    this.#lastLineAtMs = now();
    this.#rateFrom = { atMs: this.#lastLineAtMs, bytes: 0 };
  }

  /**
   * Takes what the engine sends about once a second and writes a line if one is due.
   * @param isShown progress is seen elsewhere: no lines about it, but those about waiting
   */
  update(progress: EngineProgress, counts: ProgressCounts, isShown = false): void {
    const hasChanged = this.#hasChanged(progress, counts);
    this.#last = progress;
    this.#lastOutcomes = counts.done + counts.failed;
    if (progress.state === 'connecting' || progress.state === 'standing-by') {
      this.#tellOnce(progress.state, progress, counts);
    } else if (progress.state === 'running' && isIdle(progress) && !hasChanged) {
      this.#tellOnce('waiting', progress, counts);
    } else if (progress.state === 'running' || progress.state === 'draining') {
      if (hasChanged || progress.pipelineFileCount > 0) this.#told = undefined;
      if (!isShown && this.#told === undefined && this.#now() - this.#lastLineAtMs >= intervalMs) {
        this.write(counts);
      }
    }
  }

  /** Writes a line now, because somebody asked. */
  write(counts: ProgressCounts): void {
    const progress = this.#last;
    if (progress === undefined) {
      this.#logger.info({}, 'progress: starting');
      return;
    }
    const now = this.#now();
    const seconds = (now - this.#rateFrom.atMs) / 1000;
    const rate = seconds > 0 ? (progress.recordBytes - this.#rateFrom.bytes) / seconds : 0;
    this.#lastLineAtMs = now;
    this.#rateFrom = { atMs: now, bytes: progress.recordBytes };
    this.#logger.info(fieldsOf(progress, counts), progressText(progress, counts, rate));
  }

  #hasChanged(progress: EngineProgress, counts: ProgressCounts): boolean {
    return (
      progress.recordCount !== (this.#last?.recordCount ?? 0) ||
      counts.done + counts.failed !== this.#lastOutcomes
    );
  }

  #tellOnce(what: Waiting, progress: EngineProgress, counts: ProgressCounts): void {
    if (this.#told === what) return;
    this.#told = what;
    this.#logger.info({ kind: 'progress', state: progress.state }, waitingText(what, progress, counts));
  }
}

/** Nothing to read and nothing to process, as far as is known. */
function isIdle(progress: EngineProgress): boolean {
  return progress.pipelineFileCount === 0 && (progress.lag ?? 0) === 0;
}

function waitingText(what: Waiting, progress: EngineProgress, { missingTopic }: ProgressCounts): string {
  if (what === 'connecting' && missingTopic !== undefined)
    return `topic ${missingTopic} does not exist any more: waiting for it`;
  if (what === 'connecting') return 'the connection to Kafka is gone: waiting for it';
  if (what === 'standing-by')
    return 'standing by: another worker of the group reads the topic; this one takes over when it ends';
  const incomplete = incompleteCount(progress);
  if (incomplete === 0) return 'waiting for files';
  return `waiting for files; of ${countText(incomplete, 'file')} not every chunk has arrived`;
}

function fieldsOf(progress: EngineProgress, counts: ProgressCounts): Record<string, unknown> {
  const { state, recordCount, recordBytes, openFileCount, heldBytes, pipelineFileCount, lag } = progress;
  return {
    kind: 'progress',
    state,
    ...counts,
    recordCount,
    recordBytes,
    openFileCount,
    pipelineFileCount,
    heldBytes,
    lag,
  };
}

function progressText(progress: EngineProgress, counts: ProgressCounts, bytesPerSecond: number): string {
  const incomplete = incompleteCount(progress);
  const parts = [
    `${countText(counts.done, 'file')} done`,
    ...(counts.failed > 0 ? [`${numberText(counts.failed)} failed`] : []),
    `${numberText(progress.pipelineFileCount)} to be processed`,
    ...(incomplete > 0 ? [`${numberText(incomplete)} incomplete`] : []),
    `${bytesText(progress.recordBytes)} read (${bytesText(bytesPerSecond)}/s)`,
    ...counts.calls,
    ...(progress.lag === undefined ? [] : [`${countText(progress.lag, 'message')} behind`]),
  ];
  return `progress: ${parts.join(', ')}`;
}
