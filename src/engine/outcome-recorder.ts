import type { OutgoingMessage } from '../processing/file-work.js';
import { encodeFileState, maxEarlierCount } from '../wire/file-state.js';
import { resultId } from '../wire/result-id.js';
import { isOlder, latestWith, type UploadTimes, type VersionTimes } from '../wire/upload-times.js';
import type { DecidedFile } from './outbox.js';
import { timesOfWhole, type OpenFile } from './open-file.js';
import type { DecidedOutcome, RecentOutcomes } from './recent-outcomes.js';
import type { StateWriterOptions } from './state-writer.js';

export interface OutcomeRecorderOptions extends StateWriterOptions {
  /** Most paths whose earlier versions are known; default as many as outcomes are remembered. */
  readonly maxPathCount?: number;
}

/** Versions of a path that are done, as the state topic has them, the latest last. */
export interface DonePath {
  readonly path: string;
  readonly versionIds: readonly string[];
  /** Those of them that were uploaded last, as far as it is known: a version may be older than one of them and not than another. */
  readonly newest?: readonly VersionTimes[];
}

export type KnownPath = Omit<DonePath, 'path'>;

export const maxRememberedPaths = 200_000;

/**
 * What goes to the state topic, and what of it is known.
 *
 * Each record replaces the one before of its path. So it also names the versions that were done before: a file that is uploaded
 * again is passed over chunk by chunk, and were it forgotten in the middle of that, because a newer version ended, a restart
 * would open it for the chunks that are left, and wait for ever for those before.
 */
export class OutcomeRecorder {
  readonly #options: OutcomeRecorderOptions;
  readonly #outcomes: RecentOutcomes;
  readonly #donePaths = new Map<string, KnownPath>();

  constructor(options: OutcomeRecorderOptions, outcomes: RecentOutcomes) {
    this.#options = options;
    this.#outcomes = outcomes;
  }

  /** Takes in what was read from the topic. What this member recorded while it was read may not be in it. */
  load(paths: readonly DonePath[]): void {
    for (const { path, ...done } of paths) {
      this.#remember(path, joinKnown(this.#donePaths.get(path), done));
      for (const id of done.versionIds) this.#outcomes.load(id);
    }
  }

  /** The outcome is on the topic. */
  noteRecorded(file: OpenFile, outcome: DecidedOutcome): void {
    const { id, path } = file.version.identity;
    this.#remember(path, this.#with(this.#donePaths.get(path), file, outcome));
    if (outcome === 'done') this.#outcomes.keep(id);
  }

  /** A chunk of a version that may be done was written then: read after a copy of it, that may be before what is known of its upload. */
  noteLateChunk(path: string, versionId: string, writtenAtMs: number): void {
    const known = this.#donePaths.get(path);
    const one = known?.newest?.find(version => version.versionId === versionId);
    const firstWrittenAtMs = Math.round(this.#options.timeOriginMs + writtenAtMs);
    if (known === undefined || one === undefined || one.firstWrittenAtMs <= firstWrittenAtMs) return;
    const others = known.newest!.filter(version => version !== one);
    this.#donePaths.set(path, { ...known, newest: latestWith(others, { ...one, firstWrittenAtMs }) });
  }

  /** @returns the id of a version of the path that is done and was uploaded after the one with these times */
  newerThan(path: string, times: UploadTimes): string | undefined {
    const newest = this.#donePaths.get(path)?.newest ?? [];
    return newest.find(one => isOlder(times, one))?.versionId;
  }

  /** What is known of the path with this outcome. One that was set aside may be done after a newer one. */
  #with(known: KnownPath | undefined, file: OpenFile, outcome: DecidedOutcome): KnownPath {
    const { id } = file.version.identity;
    const { versionIds: before = [], newest = [] } = known ?? {};
    const earlier = before.filter(other => other !== id).slice(-maxEarlierCount);
    if (outcome !== 'done') return { versionIds: earlier, newest };
    const times = timesOfWhole(file, this.#options.timeOriginMs);
    return {
      versionIds: [...earlier, id],
      newest: times === undefined ? newest : latestWith(newest, { versionId: id, ...times }),
    };
  }

  /** @param decidedBefore what is known of the paths with what comes before in the same transaction; with this one as well after the call */
  messageFor(
    decided: DecidedFile,
    decidedBefore: Map<string, KnownPath> = new Map<string, KnownPath>(),
  ): OutgoingMessage {
    const { file, outcome, report, decidedAtMs } = decided;
    const { stateTopic, timeOriginMs, name, version, groupId } = this.#options;
    const { path, fileHash, count, id } = file.version.identity;
    const known = this.#with(decidedBefore.get(path) ?? this.#donePaths.get(path), file, outcome);
    decidedBefore.set(path, known);
    const { versionIds, newest } = known;
    const told = report(decidedAtMs);
    const messageCount = told.kind === 'file-done' ? told.messageCount : 0;
    const at = (ms: number): string => new Date(Math.round(timeOriginMs + ms)).toISOString();
    const value = encodeFileState({
      versionId: id,
      outcome,
      ...(told.kind === 'file-failed' ? { reason: told.reason, error: told.error } : {}),
      sha512: told.file.sha512,
      chunkCount: count,
      size: told.size,
      resultIds: messageCount > 0 ? [resultId(name, version, path, fileHash, count)] : [],
      messageCount,
      attempts: told.attempts,
      processingMs: Math.round(file.processingMs),
      firstChunkAt: at(file.firstChunkAtMs),
      endedAt: at(decidedAtMs),
      newest: newest ?? [],
      name,
      version,
      groupId,
      source: told.file.source,
      earlier: versionIds.filter(other => other !== id),
    });
    return { topic: stateTopic, key: Buffer.from(path), value, headers: {} };
  }

  #remember(path: string, done: KnownPath): void {
    this.#donePaths.delete(path);
    if (done.versionIds.length === 0) return;
    this.#donePaths.set(path, done);
    const { maxPathCount = maxRememberedPaths } = this.#options;
    if (this.#donePaths.size <= maxPathCount) return;
    for (const oldest of this.#donePaths.keys()) {
      this.#donePaths.delete(oldest);
      break;
    }
  }
}

/**
 * What an earlier record of a path and a later one say together, the latest version last: those that only the earlier one names were recorded
 * by a member that did not know of the other one, or are too old to be named.
 */
export function joinKnown(earlier: KnownPath | undefined, later: KnownPath): KnownPath {
  if (earlier === undefined) return later;
  const named = new Set(later.versionIds);
  const lastNamed = earlier.versionIds.findLastIndex(id => named.has(id));
  // After those that both name.
  const newer = lastNamed < 0 ? [] : earlier.versionIds.slice(lastNamed + 1);
  const older = earlier.versionIds.filter(id => !named.has(id) && !newer.includes(id));
  const versionIds = [...older, ...later.versionIds, ...newer];
  let { newest = [] } = later;
  for (const one of earlier.newest ?? []) newest = latestWith(newest, one);
  return {
    versionIds: versionIds.slice(-maxEarlierCount - 1),
    ...(newest.length === 0 ? {} : { newest }),
  };
}
