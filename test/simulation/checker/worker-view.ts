import type { FactOf, SeenContent } from '../facts.js';
import type { VersionRecord } from './version-record.js';

export interface Call {
  readonly version: VersionRecord;
  readonly content: SeenContent;
  /** Since then a partition with chunks of it was lost to its worker: its result is not wanted any more. */
  isStale: boolean;
  /** It shares a partition with files of lost partitions, or with files that do, and so on: it may have to start anew. */
  mayStartAnew: boolean;
  hasEnded: boolean;
  /** Its outcome had been committed when its worker was last assigned partitions. */
  wasSettled: boolean;
  isAcknowledged: boolean;
}

/** What the checker knows of one process. */
export class WorkerView {
  readonly calls = new Map<number, Call>();
  /** Versions that the committed offsets called finished when this worker read them. */
  readonly finishedAtStart = new Set<VersionRecord>();
  #owned = new Set<number>();
  /** Partitions with offsets in a transaction of which it does not know how it ended. */
  readonly #undecided = new Set<number>();

  begin({ partitions }: FactOf<'transaction-begun'>): void {
    for (const partition of partitions) this.#undecided.add(partition);
  }

  end(): void {
    this.#undecided.clear();
  }

  /**
   * @param isSettled whether the version's outcome is committed. What was not at the last assignment may be in a transaction that
   *   ends while the generation does: nobody can tell, so its files start from what is committed, like those of lost partitions. So do
   *   those that lie where others were set aside in such a transaction.
   * @returns whether it was not given all partitions without interruption that it had
   */
  assign(
    { kept, added, lost }: FactOf<'assigned'>,
    versions: readonly VersionRecord[],
    isSettled: (version: VersionRecord) => boolean,
  ): boolean {
    const broken = [...lost, ...added.filter(partition => this.#owned.has(partition))];
    this.#owned = new Set([...kept, ...added]);
    if (broken.length === 0) return false;
    this.finishedAtStart.clear();
    const undecided = [...this.calls.values()].filter(({ hasEnded, wasSettled }) => hasEnded && !wasSettled);
    const ended = undecided.flatMap(({ version }) => version.partitions);
    const reached = reachOf([...broken, ...ended, ...this.#undecided], versions);
    for (const call of this.calls.values()) {
      call.isStale ||= broken.some(partition => call.version.liesIn(partition));
      call.mayStartAnew ||= [...reached].some(partition => call.version.liesIn(partition));
      call.wasSettled = isSettled(call.version);
    }
    return true;
  }

  get currentCalls(): Call[] {
    return [...this.calls.values()].filter(({ mayStartAnew }) => !mayStartAnew);
  }
}

/** The partitions that are tied to these by versions with chunks in both. */
function reachOf(partitions: readonly number[], versions: readonly VersionRecord[]): ReadonlySet<number> {
  const reached = new Set(partitions);
  for (let size = -1; size < reached.size;) {
    size = reached.size;
    for (const version of versions)
      if ([...reached].some(partition => version.liesIn(partition)))
        for (const partition of version.partitions) reached.add(partition);
  }
  return reached;
}
