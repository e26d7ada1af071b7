import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCommitMetadata } from '../../src/offsets/commit-metadata.js';
import { versionId } from '../../src/wire/version-id.js';
import { historyArbitrary, type History } from './history.js';
import { SimulatedKafka, SimulatedWorker } from './simulated-worker.js';

/** More in the long run of CI: `CRASH_CUT_RUNS=10000`. */
const numRuns = Number(process.env.CRASH_CUT_RUNS ?? 400);

/** Runs a history with crashes and rebalances where its choices say, then to its end without accidents. */
function simulate(history: History): SimulatedKafka {
  const kafka = new SimulatedKafka();
  const partitions = history.partitions.map((_, number) => number);
  let epoch = 0;
  let worker = new SimulatedWorker(history, kafka, epoch);
  for (const choice of history.choices) {
    epoch += 1;
    if (choice % 41 === 0) worker = new SimulatedWorker(history, kafka, epoch * 1_000);
    else if (choice % 43 === 0) worker.assign([], partitions);
    else if (choice % 47 === 0) worker.assign(partitions.slice(0, 1), partitions.slice(1));
    else if (choice % 53 === 0) loseOnePartition(worker, partitions);
    else worker.step(choice);
  }
  worker.finish();
  checkEnd(worker, history);
  return kafka;
}

function loseOnePartition(worker: SimulatedWorker, partitions: readonly number[]): void {
  worker.assign([], partitions.slice(1));
  worker.assign(partitions.slice(0, 1), partitions.slice(1));
}

function checkEnd(worker: SimulatedWorker, history: History): void {
  const held = worker.core.status;
  // A misplaced chunk that came first can make a version that nothing completes; whole uploads leave nothing open.
  expect(held.pipelineFileCount).toBe(0);
  expect(held.partitions.toSorted()).toEqual(history.partitions.map((_, number) => number));
}

function checkResults(history: History, kafka: SimulatedKafka): void {
  const found = new Set<string>();
  for (const { path, bytes, sha512 } of kafka.results) {
    const version = history.versions.find(uploaded => uploaded.path === path && uploaded.sha512 === sha512);
    expect(version?.bytes.equals(bytes), `${path} has bytes that nobody uploaded`).toBe(true);
    found.add(`${path} ${sha512}`);
  }
  const expected = history.versions.map(({ path, sha512 }) => `${path} ${sha512}`);
  expect([...found].sort()).toEqual([...new Set(expected)].sort());
}

/** Versions with a result that are open again, as the commits say: a copy of one of their chunks opened them. */
function doneAndOpen({ versions }: History, kafka: SimulatedKafka): string[] {
  const open = [...kafka.committed.values()].flatMap(
    ({ partition, offset, metadata }) =>
      decodeCommitMetadata({ topic: 'raw', partition, offset }, metadata)?.openVersions ?? [],
  );
  return versions
    .filter(({ path, sha512, chunkCount }) =>
      open.includes(versionId(path, Buffer.from(sha512, 'hex'), chunkCount)),
    )
    .map(({ path }) => path);
}

describe('any history of any topic, cut anywhere', () => {
  it('gives every uploaded version its result exactly once when results and offsets are one transaction', () => {
    fc.assert(
      fc.property(historyArbitrary, history => {
        const kafka = simulate(history);
        expect(kafka.violations).toEqual([]);
        checkResults(history, kafka);
        // Without a state topic a late copy of a chunk cannot be told from a new upload after a restart.
        const once = history.versions.filter(({ hasCopies }) => history.keepsOutcomes || !hasCopies);
        for (const { path, sha512 } of once) {
          const results = kafka.results.filter(result => result.path === path && result.sha512 === sha512);
          expect(results, `${path} has ${results.length} results`).toHaveLength(1);
        }
        if (history.keepsOutcomes) expect(doneAndOpen(history, kafka)).toEqual([]);
      }),
      { numRuns },
    );
  });
});
