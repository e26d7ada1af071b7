/** What `reproducer status` finds; plain data, as `--json` prints it. Offsets are decimal texts. */
export interface StatusReport {
  readonly group: string;
  readonly topic: string;
  /** ISO 8601. */
  readonly at: string;
  readonly partitions: readonly PartitionStatus[];
  /** Records that the group has not read; null: it has never committed. */
  readonly lag: number | null;
  /** Files with at least one chunk and no outcome, the oldest first. */
  readonly open: readonly OpenFileStatus[];
  /** Open files that have no chunk among the records that were looked at. */
  readonly openUnseenCount: number;
  /** Files that lie wholly behind what the group has read. */
  readonly unreadFileCount: number;
  readonly setAside: readonly SetAsideStatus[];
  /** From the state topic; null: there is none. */
  readonly outcomes: OutcomeCounts | null;
  /** Files that were given up, the latest last; at most {@link maxFailedTold}. */
  readonly failed: readonly FailedStatus[];
  /** What could not be found out. */
  readonly notes: readonly string[];
}

export const maxFailedTold = 100;

export interface PartitionStatus {
  readonly partition: number;
  readonly startOffset: string;
  readonly endOffset: string;
  /** Where a restart goes on; null: never committed. */
  readonly committedOffset: string | null;
  /** Up to here the group has read; null: not known. */
  readonly readUpTo: string | null;
  readonly lag: number;
  /** The file whose chunk keeps the committed offset where it is. */
  readonly heldBackBy?: string;
}

export interface OpenFileStatus {
  readonly path: string;
  readonly versionId: string;
  readonly haveCount: number;
  readonly chunkCount: number;
  /** 1-based, as `2, 7-9`. */
  readonly missing: string;
  /** Time stamp of its first chunk, ISO 8601. */
  readonly since: string;
  /** Where its first chunk lies. */
  readonly partition: number;
  readonly offset: string;
}

export interface SetAsideStatus {
  readonly path: string;
  readonly versionId: string;
  readonly haveCount: number;
  readonly chunkCount: number;
}

export interface OutcomeCounts {
  readonly done: number;
  readonly failed: number;
  readonly corrupt: number;
  readonly lost: number;
}

export interface FailedStatus {
  readonly path: string;
  readonly outcome: 'failed' | 'corrupt' | 'lost';
  readonly reason?: string;
  readonly error?: string;
  /** ISO 8601. */
  readonly endedAt: string;
}
