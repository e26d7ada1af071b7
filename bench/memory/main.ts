/**
 * Resident memory of a worker while files larger than its budget go through it: see ../README.md.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { openBroker } from '../measuring/open-broker.js';
import { processUsage } from '../measuring/process-usage.js';
import { parseByteSize } from '../../src/config/values/parse-byte-size.js';
import { TopicReader } from '../../test/invariants/harness/topic-reader.js';
import { createTopic, freshName } from '../../test/invariants/harness/topics.js';
import { compileProgram, WorkerProcess } from '../../test/invariants/harness/worker-process.js';
import { upload, type MemoryCase, type Uploaded } from './cases.js';
import { FolderSize } from './folder-size.js';
import { ResidentMemory } from '../../test/invariants/harness/resident-memory.js';

const text = { type: 'string' } as const;
const { values: given } = parseArgs({
  options: {
    brokers: text,
    'kafka-version': { ...text, default: '4.1.0' },
    cases: {
      ...text,
      default:
        'interleaved,many,large,large-disk,over-both,over-both-disk,over-disk,over-both-1gib,large-over-both',
    },
    gib: { ...text, default: '12' },
    output: { ...text, default: tmpdir() },
  },
});

const chunksPerGib = 2048;
const large = { fileCount: 1, chunkCount: Math.round(Number(given.gib) * chunksPerGib), budget: '256MiB' };
/** 400 MiB. */
const overBoth = { fileCount: 1, chunkCount: 800, budget: '64MiB', diskBudget: '128MiB' };
/** 256 MiB, of which a fetch of 1 MiB would have become all, or several chunks of all files are in each batch. */
const zeros = { ...overBoth, chunkCount: 512, content: 'zeros', mode: 'memory' } as const;
const allCases: readonly MemoryCase[] = [
  { name: 'interleaved', fileCount: 200, chunkCount: 16, budget: '16MiB', mode: 'memory' },
  { name: 'many', fileCount: 300, chunkCount: 10, budget: '64MiB', mode: 'memory' },
  { name: 'large', ...large, mode: 'memory' },
  { name: 'large-disk', ...large, mode: 'disk' },
  { name: 'over-both', ...overBoth, mode: 'memory' },
  { name: 'over-both-disk', ...overBoth, mode: 'disk' },
  {
    name: 'over-both-1gib',
    ...{ fileCount: 1, chunkCount: chunksPerGib, budget: '64MiB', diskBudget: '128MiB', mode: 'memory' },
  },
  { name: 'large-over-both', ...large, diskBudget: '1GiB', mode: 'memory' },
  ...(['gzip', 'snappy', 'lz4', 'zstd'] as const).flatMap((compression): MemoryCase[] => [
    { name: `over-both-zeros-${compression}`, ...zeros, compression },
    {
      name: `over-both-batches-${compression}`,
      ...zeros,
      compression,
      fileCount: 3,
      chunkCount: 400,
      chunksAtATime: 16,
    },
  ]),
  {
    name: 'over-disk',
    ...{ fileCount: 1, chunkCount: 3 * chunksPerGib, budget: '256MiB', diskBudget: '1GiB', mode: 'memory' },
  },
];

async function run(
  brokers: readonly string[],
  program: string,
  each: MemoryCase,
  filled: Uploaded,
): Promise<boolean> {
  const resultTopic = await createTopic(brokers, 'memory-results', 1);
  const reader = await TopicReader.open(brokers, resultTopic);
  const outputDir = mkdtempSync(join(given.output, 'bench-memory-'));
  const worker = new WorkerProcess(program, [
    ...['--brokers', brokers.join(','), '--consume-topic', filled.topic, '--produce-topic', resultTopic],
    ...['--group-id', freshName('memory'), '--state-topic', 'none', '--log-level', 'debug'],
    ...['--mode', each.mode, '--output-dir', outputDir, '--memory-budget', each.budget],
    ...(each.diskBudget === undefined ? [] : ['--disk-budget', each.diskBudget]),
  ]);
  const memory = new ResidentMemory(worker.pid);
  const disk = new FolderSize(outputDir);
  const started = performance.now();
  try {
    await worker.runUntil('all results', 1_800_000, () => reader.files.size >= each.fileCount);
    const seconds = (performance.now() - started) / 1000;
    memory.stop();
    disk.stop();
    const { cpuSeconds } = processUsage(worker.pid);
    return report(
      each,
      filled,
      { seconds, cpuSeconds, memory, disk },
      wrongResults(filled, await reader.catchUp()),
    );
  } finally {
    memory.stop();
    disk.stop();
    await worker.kill();
    await reader.close();
    rmSync(outputDir, { recursive: true, force: true });
  }
}

function wrongResults({ expected }: Uploaded, results: readonly { value: Buffer }[]): number {
  const described = results.map(({ value }) => JSON.parse(value.toString()) as Record<string, unknown>);
  return described.filter(({ filename, sha256 }) => expected.get(String(filename)) !== sha256).length;
}

interface Usage {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly memory: ResidentMemory;
  readonly disk: FolderSize;
}

function report(
  { name, budget, diskBudget, mode, fileCount }: MemoryCase,
  { bytes }: Uploaded,
  { seconds, cpuSeconds, memory, disk }: Usage,
  wrongCount: number,
): boolean {
  const limit = 1.25 * parseByteSize(budget) + 150 * 2 ** 20;
  const inMiB = (size: number): string => (size / 2 ** 20).toFixed(0);
  console.log(
    `${name}: ${fileCount} files of ${inMiB(bytes / fileCount)} MiB, --mode ${mode}, --memory-budget ${budget}${diskBudget === undefined ? '' : `, --disk-budget ${diskBudget}`}: ` +
      `${seconds.toFixed(1)} s (${(bytes / 1e6 / seconds).toFixed(0)} MB/s), CPU ${cpuSeconds.toFixed(1)} s`,
  );
  for (const line of memory.curve(20)) console.log(line);
  const isKept = memory.peakBytes <= limit;
  console.log(
    `peak ${inMiB(memory.peakBytes)} MiB of ${memory.samples.length} samples, limit ${inMiB(limit)} MiB: ${isKept ? 'kept' : 'EXCEEDED'}; ` +
      `at most ${inMiB(disk.peakBytes)} MiB in files; ` +
      (wrongCount === 0 ? 'all results right' : `${wrongCount} WRONG RESULTS`),
  );
  return isKept && wrongCount === 0;
}

const broker = await openBroker(given.brokers, given['kafka-version']);
try {
  const program = await compileProgram(
    new URL('../../test/invariants/programs/stream-files.ts', import.meta.url),
  );
  const chosen = allCases.filter(({ name }) => given.cases.split(',').includes(name));
  const uploads = new Map<string, Uploaded>();
  for (const each of chosen) {
    const { fileCount, chunkCount, content, compression, chunksAtATime, chunkBytes } = each;
    const key = JSON.stringify([fileCount, chunkCount, content, compression, chunksAtATime, chunkBytes]);
    const filled = uploads.get(key) ?? (await upload(broker.brokers, each));
    uploads.set(key, filled);
    if (!(await run(broker.brokers, program, each, filled))) process.exitCode = 1;
  }
} finally {
  await broker.close();
}
