import type { FactOf } from '../facts.js';
import type { VersionRecord } from './version-record.js';
import { virtualOriginMs } from '../virtual-timers.js';

/** As `crashLimit` is when nobody sets it. */
const leastDeaths = 3;
/** Within so long an owner has taken runs off, unless it ends. */
const leastMs = 1_000;

interface GivenUp {
  readonly versionId: string;
  /** Milliseconds of the simulation. */
  readonly atMs: number;
}

interface Counted {
  readonly atMs: number;
  /** Since when each is counted. */
  readonly runs: ReadonlyMap<string, number>;
}

/**
 * What the state topic says of calls, read by the description of its form, and which runs did end: no file here ends a process, so one
 * may be given up only for runs that others ended, or that never came back to the group.
 */
export class GivenUpView {
  /** Of each version the runs that were counted against it, by the records about that. */
  readonly #counted = new Map<string, Counted[]>();
  readonly #endedAtMs = new Map<string, number>();
  /** What each owner of partitions was told of the members of its group. */
  readonly #told: {
    readonly worker: string;
    readonly atMs: number;
    readonly partitions: ReadonlySet<number>;
    readonly runs: readonly string[];
  }[] = [];

  assigned({ worker, atMs, kept, added, runs }: FactOf<'assigned'>): void {
    if (runs !== undefined) this.#told.push({ worker, atMs, partitions: new Set([...kept, ...added]), runs });
  }

  ended({ atMs, worker }: FactOf<'worker-ended' | 'worker-killed'>): void {
    this.#endedAtMs.set(worker, atMs);
  }

  /** @returns the version that the record says was given up, as the process died of it */
  take({ atMs, key, value }: FactOf<'state'>): GivenUp | undefined {
    if (value === null) return undefined;
    const record = JSON.parse(value) as {
      readonly outcome?: string;
      readonly reason?: string;
      readonly endedAt: string;
      readonly versionId: string;
      readonly countedRuns: readonly { readonly runId: string }[];
    };
    const { versionId } = record;
    if (key.startsWith('/calling/')) {
      const all = this.#counted.get(versionId) ?? [];
      const before = all.at(-1)?.runs;
      const runs = record.countedRuns.map(({ runId }) => [runId, before?.get(runId) ?? atMs] as const);
      this.#counted.set(versionId, [...all, { atMs, runs: new Map(runs) }]);
    }
    if (record.outcome !== 'failed' || record.reason !== 'crashed') return undefined;
    return { versionId, atMs: Date.parse(record.endedAt) - virtualOriginMs };
  }

  /** @returns one sentence for each reason why it should not have been given up */
  objections({ versionId, atMs: givenUpAtMs }: GivenUp, version: VersionRecord): string[] {
    const all = this.#counted.get(versionId) ?? [];
    // That a run is back may be known before the file that was given up is committed. It is given in whole milliseconds.
    const counted = all.findLast(({ atMs }) => atMs <= givenUpAtMs + 1)?.runs ?? new Map<string, number>();
    const few =
      counted.size < leastDeaths ? [`only ${[...counted.keys()].join(', ') || 'no run'} counted`] : [];
    const alive = [...counted].filter(([runId, sinceMs]) => {
      const isBack = this.#told.some(
        ({ worker, atMs, partitions, runs }) =>
          atMs > sinceMs &&
          // It may have ended before it had read and written what is counted.
          (this.#endedAtMs.get(worker) ?? Infinity) > atMs + leastMs &&
          atMs < givenUpAtMs &&
          runs.includes(runId) &&
          version.partitions.some(partition => partitions.has(partition)),
      );
      return isBack && !this.#endedAtMs.has(runId);
    });
    return [...few, ...alive.map(([runId]) => `${runId} was counted, and is in the group`)];
  }
}
