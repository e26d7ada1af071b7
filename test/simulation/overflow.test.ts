import { expect, it } from 'vitest';
import { judgePlan } from './find-violation.js';
import { readMetadata } from './checker/read-metadata.js';
import { makePlan, type Plan } from './plan.js';

/** On each partition. The list of a commit has room for about 380 versions. */
const incompleteCount = 450;

/** Files that stay incomplete, more at once than a commit can name, and whole ones beside them. */
function overflowingPlan(seed: number): Plan {
  const file = { size: 6, chunkBytes: 3, spanMs: 50, extras: [] };
  const partitionCount = 1 + (seed % 2);
  const totalCount = partitionCount * incompleteCount;
  const incomplete = Array.from({ length: totalCount }, (_, name) => ({
    ...file,
    ...{ name, pathNumber: 10 + name, startMs: 500, missing: 2 },
  }));
  const whole = Array.from({ length: 12 }, (_, at) => ({
    ...file,
    ...{ name: totalCount + at, pathNumber: at % 4, startMs: at * 200, spanMs: 800 },
  }));
  return {
    ...makePlan(seed),
    // Under exactly-once results wait for as long.
    ...{ delivery: 'at-least-once', layout: 'scattered' },
    ...{ partitionCount, workerCount: 2, garbageCount: 0 },
    uploads: [...incomplete, ...whole],
    accidents: [
      { name: 0, kind: 'crash', atMs: 1_500, worker: 0, forMs: 100 },
      { name: 1, kind: 'crash', atMs: 3_000, worker: 1, forMs: 100 },
      { name: 2, kind: 'rebalance', atMs: 4_000, worker: 0, forMs: 100 },
    ],
  };
}

it.each([1, 2, 3, 4])(
  'no file is lost while more files are incomplete than a commit can name (%d)',
  async seed => {
    const { history, violations } = await judgePlan(overflowingPlan(seed));
    expect(violations).toEqual([]);
    const commits = history.facts.filter(fact => fact.kind === 'committed').flatMap(({ offsets }) => offsets);
    const unnamed = commits.filter(
      ({ offset, metadata }) => readMetadata(offset, metadata).open === undefined,
    );
    expect(unnamed).toEqual([]);
  },
);
