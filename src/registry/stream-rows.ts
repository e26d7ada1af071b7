import { basename } from 'node:path/posix';
import { nameInFile } from './name-in-file.js';
import type { TableRow } from './python-table.js';

/** Columns of the tables that OpenMSIStream's processors and reproducers keep. A file's path is the second one. */
export const inProgressColumns: readonly string[] = [
  ...['filename', 'rel_filepath', 'status', 'n_chunks', 'first_message', 'most_recent_message'],
];
export const succeededColumns: readonly string[] = [
  ...['filename', 'rel_filepath', 'n_chunks', 'first_message', 'processed_at'],
];

/** The words that OpenMSIStream has for a file that is not done. */
export type StreamStatus =
  | 'in_progress'
  | 'mismatched_hash'
  | 'failed'
  | 'computing_result_message_failed'
  | 'producing_message_failed';

export interface FileInProgress {
  readonly path: string;
  readonly status: StreamStatus;
  readonly chunkCount: number;
  readonly firstMessageAt: Date;
  readonly lastMessageAt: Date;
}

export interface SucceededFile {
  readonly path: string;
  readonly chunkCount: number;
  readonly firstMessageAt: Date;
  readonly processedAt: Date;
}

/** Whose files they are: the names of the tables tell it. */
export interface StreamTablesOf {
  readonly topic: string;
  readonly group: string;
  /** Of a reproducer; a file processor has none. */
  readonly produceTopic?: string;
}

/** Names of the files. That of results tells neither group nor consumed topic, so several workers may share it. */
export function tableNames({ topic, group, produceTopic }: StreamTablesOf): {
  readonly inProgress: string;
  readonly succeeded: string;
} {
  const by = nameInFile(group);
  return {
    inProgress: `consuming_from_${topic}_in_progress_by_${by}.csv`,
    succeeded:
      produceTopic === undefined
        ? `processed_from_${topic}_by_${by}.csv`
        : `results_produced_to_${produceTopic}.csv`,
  };
}

export function inProgressRow(file: FileInProgress): TableRow {
  const { path, status, chunkCount, firstMessageAt, lastMessageAt } = file;
  return [basename(path), path, status, chunkCount, firstMessageAt, lastMessageAt];
}

export function succeededRow({ path, chunkCount, firstMessageAt, processedAt }: SucceededFile): TableRow {
  return [basename(path), path, chunkCount, firstMessageAt, processedAt];
}

/**
 * OpenMSIStream's word for a file that is given up.
 *
 * @param hasResults a reproducer tells why a file failed, a file processor does not
 */
export function statusOfGivenUp(
  outcome: 'failed' | 'corrupt' | 'lost',
  reason: string | undefined,
  hasResults: boolean,
): StreamStatus {
  if (outcome === 'corrupt') return 'mismatched_hash';
  // Chunks of it were removed from the topic: what the original never gets to know.
  if (outcome === 'lost') return 'in_progress';
  if (!hasResults) return 'failed';
  return reason === 'result-refused' ? 'producing_message_failed' : 'computing_result_message_failed';
}
