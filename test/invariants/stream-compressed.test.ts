import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { codecNames, codecs, type Codec } from './harness/codecs.js';
import { registerCompressionCodecs } from '../../src/kafka/kafkajs/compression.js';
import type { BrokerUnderTest } from './harness/broker-under-test.js';
import { interleave } from './harness/chunk-sender.js';
import { ResidentMemory } from './harness/resident-memory.js';
import { differences } from './harness/result-account.js';
import type { Scene } from './harness/scene.js';
import { sceneForEachTest } from './harness/scene-for-each-test.js';
import { seededBytes } from './harness/seeded-random.js';
import { sentFile, type SentFile } from './harness/sent-file.js';
import { committedOffsets, endOffsets, withAdmin } from './harness/topics.js';
import type { WorkerProcess } from './harness/worker-process.js';

/** Files above both budgets on topics whose batches are compressed, with several chunks in each. */
const waitMs = 60_000;
const MiB = 2 ** 20;

let broker: BrokerUnderTest;
let program: string;
let scene: Scene;
let folder: string;

sceneForEachTest(
  new URL('./programs/stream-files.ts', import.meta.url),
  stage => ({ broker, program, scene } = stage),
);
beforeAll(() => registerCompressionCodecs());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stream-compressed-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function start(...flags: readonly string[]): WorkerProcess {
  return scene.start(program, '--output-dir', folder, '--delivery', 'exactly-once', ...flags);
}

/** Chunks of all files in turns, and so many at a time: one batch for each partition. */
async function send(files: readonly SentFile[], chunksAtATime: number, codec: Codec): Promise<void> {
  const chunks = interleave(files, files.length, 11);
  for (let at = 0; at < chunks.length; at += chunksAtATime)
    await scene.sender.send(chunks.slice(at, at + chunksAtATime), codecs[codec]);
}

async function expectEachOnce(files: readonly SentFile[]): Promise<void> {
  const results = await scene.results.catchUp(waitMs);
  expect(differences(files, results)).toEqual([]);
  expect(results.map(({ headers }) => headers['file-path']).sort()).toEqual(
    files.map(({ path }) => path).sort(),
  );
  await withAdmin(broker.brokers, async admin =>
    expect(await committedOffsets(admin, scene.groupId, scene.topic)).toEqual(
      await endOffsets(admin, scene.topic),
    ),
  );
}

const leftOnTopic = ({ lines }: WorkerProcess): string[] =>
  lines
    .filter(({ msg }) => msg?.includes('larger than both budgets') === true)
    .map(line => String(line['file']));

test.each(codecNames)(
  'files that share batches with each other and with small ones are streamed as they were uploaded: %s',
  async codec => {
    const large = [
      sentFile('large/random.dat', seededBytes('random', 300_000), 7_000),
      sentFile('large/zeros.dat', Buffer.alloc(900_000), 20_000),
      sentFile('large/half.dat', Buffer.concat([seededBytes('half', 200_000), Buffer.alloc(200_000)]), 5_000),
    ];
    const small = Array.from({ length: 5 }, (_, at) =>
      sentFile(`small/${at}`, seededBytes(`small ${at}`, 5_000), 2_048),
    );
    const files = [...large, ...small];
    await send(files, 30, codec);
    const worker = start('--memory-budget', '100KB', '--disk-budget', '60KB', '--until-idle', '1s');
    expect(await worker.exited, worker.output()).toEqual({ code: 0, signal: null });
    expect(leftOnTopic(worker).sort()).toEqual(large.map(({ path }) => path).sort());
    await expectEachOnce(files);
  },
  2 * waitMs,
);

test.runIf(process.platform === 'linux')(
  'memory stays within its bound where a fetch could become many times the budgets',
  async () => {
    const budget = 64 * MiB;
    // In batches that take 2 KB and become 2 MiB.
    const file = sentFile('zeros.dat', Buffer.alloc(160 * MiB), 512 * 1024);
    await send([file], 16, 'gzip');
    const worker = start('--memory-budget', '64MiB', '--disk-budget', '64MiB', '--until-idle', '1s');
    const memory = new ResidentMemory(worker.pid);
    const end = await worker.exited;
    memory.stop();
    expect(end, worker.output()).toEqual({ code: 0, signal: null });
    expect(leftOnTopic(worker)).toEqual(['zeros.dat']);
    await expectEachOnce([file]);
    expect(memory.samples.length).toBeGreaterThan(0);
    expect(memory.peakBytes / MiB).toBeLessThanOrEqual((1.25 * budget) / MiB + 150);
  },
  2 * waitMs,
);
