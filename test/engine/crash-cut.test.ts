import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeText } from '../../src/assembly/held-chunk.js';
import { decodeCommitMetadata } from '../../src/offsets/commit-metadata.js';
import { encodeChunk } from '../../src/wire/encode-chunk.js';
import type { FileChunk } from '../../src/wire/file-chunk.js';
import { splitFile } from '../../src/wire/split-file.js';
import { versionId } from '../../src/wire/version-id.js';
import { historyArbitrary, type History, type UploadedVersion } from './history.js';
import { SimulatedKafka, SimulatedWorker } from './simulated-worker.js';

/** More in the long run of CI: `CRASH_CUT_RUNS=10000`. */
const numRuns = Number(process.env.CRASH_CUT_RUNS ?? 400);

/** Runs a history with crashes and rebalances where its choices say, then to its end without accidents. */
function simulate(history: History): { kafka: SimulatedKafka; worker: SimulatedWorker } {
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
    else if (choice % 59 === 0) worker.endHashing();
    else worker.step(choice);
  }
  worker.finish();
  checkEnd(worker, history);
  return { kafka, worker };
}

/** The same without crashes and rebalances. */
function inPeace(history: History): History {
  const isAccident = (choice: number): boolean => [41, 43, 47, 53].some(number => choice % number === 0);
  return { ...history, choices: history.choices.filter(choice => !isAccident(choice)) };
}

/** Messages that were given up, each as often as that. */
function givenUp({ reports }: SimulatedWorker): string[] {
  return reports.flatMap(report => (report.kind === 'bad-input' ? [placeText(report)] : []));
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

/** Of three bytes each. */
function chunksOf(filename: string, bytes: Buffer): FileChunk[] {
  return [...splitFile({ filename, subdirectory: 'run', bytes }, 3)];
}

function damaged(chunk: FileChunk): FileChunk {
  return { ...chunk, data: chunk.data.map(byte => byte ^ 1) };
}

function uploaded(path: string, bytes: Buffer, chunkCount: number): UploadedVersion {
  const sha512 = createHash('sha512').update(bytes).digest('hex');
  return { path, bytes, sha512, chunkCount, hasCopies: true };
}

// They only compute, some 10 s: a machine that is busy with other things needs many times as long.
describe('any history of any topic, cut anywhere', { timeout: 1_000_000 }, () => {
  it('gives every uploaded version its result exactly once when results and offsets are one transaction', () => {
    let hashedAsTheyCameCount = 0;
    let leftOnTopicCount = 0;
    fc.assert(
      fc.property(historyArbitrary, history => {
        const { kafka } = simulate(history);
        hashedAsTheyCameCount += kafka.hashedAsTheyCameCount;
        leftOnTopicCount += kafka.leftOnTopicCount;
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
    expect(hashedAsTheyCameCount).toBeGreaterThan(numRuns / 10);
    expect(leftOnTopicCount).toBeGreaterThan(numRuns / 10);
  });

  it('gives no message up twice while nothing is read twice', () => {
    fc.assert(
      fc.property(historyArbitrary.map(inPeace), history => {
        const { kafka, worker } = simulate(history);
        expect(kafka.violations).toEqual([]);
        checkResults(history, kafka);
        const places = givenUp(worker);
        expect(places.toSorted()).toEqual([...new Set(places)].sort());
      }),
      { numRuns },
    );
  });

  it('reads the good copy again where a damaged one came while the file was being read again', () => {
    const bytes = Buffer.from([1, 2, 3, 4]);
    const [first, second] = chunksOf('f.dat', bytes);
    const { kafka } = simulate({
      partitions: [[second!, damaged(first!), damaged(second!), first!].map(chunk => encodeChunk(chunk))],
      versions: [uploaded('run/f.dat', bytes, 2)],
      // Reads two chunks after a rebalance, drops them, begins to read them again; then the third one comes.
      choices: [162, 159, 985, 9],
      ...{ concurrency: 1, keepsOutcomes: false, isOnDisk: true, diskBudgetBytes: 1, leastHashedBytes: 60 },
    });
    expect(kafka.results).toHaveLength(1);
  });

  it('takes the good copy of a chunk that came while the damaged one was verified on the topic', () => {
    const bytes = Buffer.from([0, 0]);
    const [chunk] = chunksOf('f.dat', bytes);
    const other = Buffer.from([48]);
    const lie = { ...chunk!, data: other, chunkHash: createHash('sha512').update(other).digest() };
    const { kafka } = simulate({
      partitions: [[damaged(chunk!), chunk!, lie].map(each => encodeChunk(each))],
      versions: [uploaded('run/f.dat', bytes, 1)],
      choices: [],
      ...{ concurrency: 1, keepsOutcomes: false, isOnDisk: true, diskBudgetBytes: 1, leastHashedBytes: 60 },
    });
    expect(kafka.results).toHaveLength(1);
    expect(kafka.leftOnTopicCount).toBeGreaterThan(1);
  });

  it('asks again for what came of a content while another one was tried', () => {
    const bytes = Buffer.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    const [first, second, third, last] = chunksOf('f.dat', bytes);
    const { kafka } = simulate({
      partitions: [
        [damaged(second!), { ...third!, startByte: 8 }, last!],
        [first!, third!, second!],
      ].map(chunks => chunks.map(chunk => encodeChunk(chunk))),
      versions: [uploaded('run/f.dat', bytes, 4)],
      choices: [154, 608, 20, 743, 551, 434],
      ...{ concurrency: 2, keepsOutcomes: false, isOnDisk: true, diskBudgetBytes: 1, leastHashedBytes: 60 },
    });
    expect(kafka.results).toHaveLength(1);
  });

  it('writes no outcome over those of a transaction that it was told is stale, before it has read them', () => {
    const bytes = Buffer.from([1]);
    const [chunk] = chunksOf('f0.dat', bytes);
    const [other] = chunksOf('f1.dat', bytes);
    const { kafka } = simulate({
      partitions: [
        [chunk!, other!, { ...other!, startByte: 2 }],
        // What its second chunk says of it is too much for any file.
        [chunk!, { ...chunk!, count: 2_000_000 }],
      ].map(chunks => chunks.map(each => encodeChunk(each))),
      versions: [uploaded('run/f0.dat', bytes, 1), uploaded('run/f1.dat', bytes, 1)],
      choices: [124, 286, 109, 217, 727, 466, 391, 18, 584, 5, 226, 891, 2, 25, 423, 330, 596, 308, 298],
      ...{
        concurrency: 1,
        keepsOutcomes: true,
        isOnDisk: true,
        diskBudgetBytes: Infinity,
        leastHashedBytes: 0,
      },
    });
    expect(kafka.violations).toEqual([]);
    expect(kafka.results).toHaveLength(2);
  });

  it('gives a file that is too large back with the partition that its chunk lies on', () => {
    const [bytes, others] = [Buffer.from([0]), Buffer.from([0, 0])];
    const [chunk] = chunksOf('f0.dat', bytes);
    const [other] = chunksOf('f0.dat', others);
    const misplaced = (each: FileChunk): FileChunk => ({ ...each, startByte: 2 });
    const chunks = [
      chunk!,
      misplaced(other!),
      misplaced(chunk!),
      chunk!,
      { ...chunk!, count: 2_000_000 },
      other!,
    ];
    const { kafka } = simulate({
      partitions: [chunks.map(each => encodeChunk(each))],
      versions: [uploaded('run/f0.dat', bytes, 1), uploaded('run/f0.dat', others, 1)],
      choices: [
        454, 136, 545, 544, 526, 505, 276, 28, 381, 192, 471, 778, 148, 8, 106, 326, 95, 624, 181, 56, 249,
        853, 0,
      ],
      ...{ concurrency: 1, keepsOutcomes: true, isOnDisk: true, diskBudgetBytes: 2, leastHashedBytes: 0 },
    });
    expect(kafka.violations).toEqual([]);
    expect(kafka.results).toHaveLength(2);
  });
});
