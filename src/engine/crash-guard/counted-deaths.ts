import type { AnnouncedCall, CountedRun } from '../../wire/run-records.js';

/** Who comes back to the group was counted lately; of earlier deaths the number is enough. It bounds the record. */
const maxKnownRuns = 20;

/** The run that calls the file ended, maybe by it. */
export function countDeath({ runId, ...call }: AnnouncedCall): AnnouncedCall {
  // A run dies once. What says that it was counted may have been written before it was taken off, and come after.
  if (runId === undefined || call.countedRuns.some(counted => counted.runId === runId)) return call;
  return withRuns(call, [...call.countedRuns, { runId, isAlone: call.isAlone }]);
}

/** What is against a file that was not called since. */
export function deathsOf(runs: readonly CountedRun[]): Pick<AnnouncedCall, CountedKeys> {
  return {
    deaths: runs.length,
    deathsAlone: runs.filter(({ isAlone }) => isAlone).length,
    countedRuns: runs,
  };
}

/**
 * Takes runs off that were counted and have not died: a member that is frozen, or that the group does not know any more, looks dead
 * until it is in the group again.
 *
 * @returns the same call where there is nothing to take off
 */
export function takeOff(call: AnnouncedCall, isAlive: (runId: string) => boolean): AnnouncedCall {
  const dead = call.countedRuns.filter(({ runId }) => !isAlive(runId));
  return dead.length === call.countedRuns.length ? call : withRuns(call, dead);
}

type CountedKeys = 'deaths' | 'deathsAlone' | 'countedRuns';

/** The deaths whose runs are not known stay. */
function withRuns(call: AnnouncedCall, runs: readonly CountedRun[]): AnnouncedCall {
  const before = deathsOf(call.countedRuns);
  const now = deathsOf(runs);
  return {
    ...call,
    deaths: Math.max(call.deaths - before.deaths, 0) + now.deaths,
    deathsAlone: Math.max(call.deathsAlone - before.deathsAlone, 0) + now.deathsAlone,
    countedRuns: runs.slice(-maxKnownRuns),
  };
}
