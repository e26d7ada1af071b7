import { parseDuration } from '../../config/values/parse-duration.js';
import { parseMatch } from '../../config/values/parse-match.js';
import type { FileFailureReason } from '../../engine/reports.js';
import { ConfigError } from '../../errors.js';
import { failureReasons, type FailureReason } from '../../processing/file-work.js';
import type { StoredLetter } from '../../engine/replay/stored-letters.js';

/** What is no failure of the method. */
const otherReasons: Readonly<Record<Exclude<FileFailureReason, FailureReason>, true>> = {
  'file-hash-mismatch': true,
  'too-large': true,
  'not-placed': true,
  'result-refused': true,
  'chunks-lost': true,
};
const fileReasons: readonly string[] = [...failureReasons, ...Object.keys(otherReasons)];

/** The flags of `reproducer replay` as they were typed; the class's own come beside them. */
export interface ReplayFlags {
  readonly class?: string;
  readonly path?: string;
  readonly reason?: string;
  readonly since?: string;
  readonly olderThan?: string;
  readonly from?: string;
  readonly fromStateTopic?: boolean;
  readonly list?: boolean;
  readonly show?: boolean;
  readonly dismiss?: boolean;
}

/** Which dead letters are meant. */
export interface ReplaySelection {
  readonly path?: RegExp;
  readonly reason?: string;
  /** Milliseconds since 1970. */
  readonly notBeforeMs?: number;
  readonly notAfterMs?: number;
}

/** @param nowMs since 1970 @throws {ConfigError} with all mistakes */
export function replaySelection(flags: ReplayFlags, nowMs: number): ReplaySelection {
  const problems: string[] = [];
  const parsed = <T>(flag: string, text: string | undefined, parse: (text: string) => T): T | undefined => {
    try {
      return text === undefined ? undefined : parse(text);
    } catch (error) {
      problems.push(`--${flag} ${(error as Error).message}; found "${text ?? ''}"`);
      return undefined;
    }
  };
  const path = parsed('path', flags.path, parseMatch);
  const reason = parsed('reason', flags.reason, checkedReason);
  const sinceMs = parsed('since', flags.since, text => momentOf(text, nowMs));
  const olderMs = parsed('older-than', flags.olderThan, parseDuration);
  const actions = [flags.list, flags.show, flags.dismiss].filter(Boolean);
  if (actions.length > 1) problems.push('--list, --show and --dismiss exclude each other: give one of them');
  if (flags.from !== undefined && flags.path === undefined)
    problems.push('--from needs --path: which files of the topic are to be run again');
  if (flags.from !== undefined && (flags.show === true || flags.dismiss === true))
    problems.push('--from takes files from their topic, which has no dead letters: give --list, or neither');
  if (flags.from !== undefined && flags.fromStateTopic === true)
    problems.push('--from and --from-state-topic exclude each other: give one of them');
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    ...(path === undefined ? {} : { path }),
    ...(reason === undefined ? {} : { reason }),
    ...(sinceMs === undefined ? {} : { notBeforeMs: sinceMs }),
    ...(olderMs === undefined ? {} : { notAfterMs: nowMs - olderMs }),
  };
}

/** Whether a dead letter is meant. A message that cannot be used has no path. */
export function isSelected({ letter }: StoredLetter, selection: ReplaySelection): boolean {
  const { path, reason, notBeforeMs = -Infinity, notAfterMs = Infinity } = selection;
  if (path !== undefined && (letter.kind === 'message' || !path.test(letter.path))) return false;
  if (reason !== undefined && letter.reason !== reason) return false;
  const failedMs = Date.parse(letter.failedAt);
  return !(failedMs < notBeforeMs || failedMs > notAfterMs);
}

/** One that a file is given up for, or the code of an error with a message. */
function checkedReason(text: string): string {
  if (/^ERR_[A-Z_]+$/.test(text) || fileReasons.includes(text)) return text;
  throw new Error(
    `must be one of ${fileReasons.join(', ')}, or of a message a code such as ERR_CHUNK_DECODE`,
  );
}

/** A duration back from now, or a date. */
function momentOf(text: string, nowMs: number): number {
  const date = Date.parse(text);
  if (/^\d{4}-/.test(text) && !Number.isNaN(date)) return date;
  try {
    return nowMs - parseDuration(text);
  } catch {
    throw new Error('must be a duration such as 24h, or a date such as 2026-01-31 or 2026-01-31T12:00Z');
  }
}
