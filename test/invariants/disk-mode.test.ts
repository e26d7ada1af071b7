import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, statfsSync, unlinkSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { brokerUnderTest, type BrokerUnderTest } from './harness/broker-under-test.js';
import { ChunkSender, interleave } from './harness/chunk-sender.js';
import { brokenFiles, filesBelow, partFilesBelow } from './harness/kept-files.js';
import { differences } from './harness/result-account.js';
import { seededBytes, seededRandom, wholeBetween } from './harness/seeded-random.js';
import { sentFile, type SentFile } from './harness/sent-file.js';
import { TopicReader } from './harness/topic-reader.js';
import { createTopic, freshName } from './harness/topics.js';
import { compileProgram, WorkerProcess } from './harness/worker-process.js';

const seed = Number(process.env['KAFKA_REPRODUCER_TEST_SEED'] ?? Date.now() % 1_000_000);
const partitionCount = 4;
const chunkBytes = 16_384;
const waitMs = 30_000;

let broker: BrokerUnderTest;
let program: string;
let folder: string;

beforeAll(async () => {
  broker = await brokerUnderTest();
  program = await compileProgram(new URL('./programs/stream-files.ts', import.meta.url));
});
afterAll(() => broker.close());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'disk-mode-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A topic with files on it, and what a worker on it needs. */
async function uploaded(fileCount: number, mostChunks: number) {
  const { brokers } = broker;
  const topic = await createTopic(brokers, 'chunks', partitionCount);
  const resultTopic = await createTopic(brokers, 'results', 1);
  const random = seededRandom(seed);
  const files = Array.from({ length: fileCount }, (_, at): SentFile => {
    const size = wholeBetween(random, 1, mostChunks * chunkBytes);
    const path = `run${at % 5}/scan-${String(at).padStart(3, '0')}.dat`;
    return sentFile(path, seededBytes(`${seed}/${at}`, size), chunkBytes);
  });
  const sender = await ChunkSender.open(brokers, topic, partitionCount);
  const order = interleave(files, 12, seed);
  for (let at = 0; at < order.length; at += 40) await sender.send(order.slice(at, at + 40));
  await sender.close();
  const flags = [
    ...['--brokers', brokers.join(','), '--consume-topic', topic, '--produce-topic', resultTopic],
    ...['--group-id', freshName('disk'), '--session-timeout', '2s', '--log-level', 'debug'],
    ...['--state-topic', 'none'],
  ];
  return { files, flags, reader: await TopicReader.open(brokers, resultTopic) };
}

test.each(['disk', 'both'])(
  '--mode %s: whenever the worker is killed, only whole files have their final names, and none is lost',
  async mode => {
    console.log(`KAFKA_REPRODUCER_TEST_SEED=${seed}`);
    const { files, flags, reader } = await uploaded(40, 20);
    const ours = ['--mode', mode, '--output-dir', folder, '--memory-budget', '400KB', '--delay-ms', '20'];
    try {
      for (const moment of [5, 20]) {
        const worker = new WorkerProcess(program, [...flags, ...ours]);
        await worker.runUntil('the moment to kill', waitMs, () => reader.files.size >= moment);
        await worker.kill();
        leaveBehind(folder);
        expect(partFilesBelow(folder).length).toBeGreaterThan(0);
        expect(brokenFiles(folder, files)).toEqual([]);
        expect(filesBelow(folder).length).toBeGreaterThanOrEqual(moment);
      }
      const worker = new WorkerProcess(program, [...flags, ...ours]);
      await worker.runUntil('all results', waitMs, () => reader.files.size >= files.length);
      worker.send('SIGTERM');
      expect(await worker.exited).toEqual({ code: 0, signal: null });
      expect(differences(files, await reader.catchUp())).toEqual([]);
      expect(brokenFiles(folder, files)).toEqual([]);
      expect(filesBelow(folder)).toEqual(files.map(({ path }) => path).sort());
      // Those that the crashes left behind are gone as well.
      expect(partFilesBelow(folder)).toEqual([]);
    } finally {
      await reader.close();
    }
  },
);

test.each(['memory', 'disk'])(
  '--mode %s: what the disk budget has no room for is read again, and every file gets its result',
  async mode => {
    console.log(`KAFKA_REPRODUCER_TEST_SEED=${seed}`);
    const { files, flags, reader } = await uploaded(40, 20);
    const budgets = ['--memory-budget', '100KB', '--disk-budget', '300KB'];
    try {
      const killed = new WorkerProcess(program, [
        ...flags,
        '--mode',
        mode,
        '--output-dir',
        folder,
        ...budgets,
      ]);
      await killed.runUntil('the moment to kill', waitMs, () => reader.files.size >= 10);
      await killed.kill();
      const worker = new WorkerProcess(program, [
        ...flags,
        '--mode',
        mode,
        '--output-dir',
        folder,
        ...budgets,
      ]);
      await worker.runUntil('all results', waitMs, () => reader.files.size >= files.length);
      worker.send('SIGTERM');
      expect(await worker.exited).toEqual({ code: 0, signal: null });
      expect(differences(files, await reader.catchUp())).toEqual([]);
      const kinds = [...killed.lines, ...worker.lines].map(({ kind }) => kind);
      for (const kind of ['bytes-dropped', 'file-read-again']) expect(kinds).toContain(kind);
      for (const kind of ['file-failed', 'bad-input']) expect(kinds).not.toContain(kind);
      expect(filesBelow(folder)).toEqual(mode === 'memory' ? [] : files.map(({ path }) => path).sort());
      expect(partFilesBelow(folder)).toEqual([]);
    } finally {
      await reader.close();
    }
  },
);

/** A part file in the folder of the killed worker, which may have had none open just then. */
function leaveBehind(outputDir: string): void {
  const parts = join(outputDir, '.reproducer-parts');
  for (const run of readdirSync(parts)) writeFileSync(join(parts, run, 'left.part'), 'x');
}

/** Only root may mount a file system, and not everywhere. */
function mountSmallDisk(sizeBytes: number): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', folder], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

test('a full disk is waited for, with a warning, and nothing is lost by it', async context => {
  if (!mountSmallDisk(2_000_000)) {
    context.skip('needs the right to mount a small file system (root on Linux)');
    return;
  }
  try {
    const { files, flags, reader } = await uploaded(30, 40);
    const filler = join(folder, 'filler');
    // Somebody else's data; with them there is room for a file or two.
    const { bavail, bsize } = statfsSync(folder);
    writeFileSync(filler, Buffer.alloc(bavail * bsize - 500_000));
    const ours = ['--mode', 'memory', '--output-dir', folder, '--memory-budget', '200KB'];
    const worker = new WorkerProcess(program, [...flags, ...ours]);
    try {
      const warning = await worker.waitForLine(
        'a warning',
        waitMs,
        ({ msg }) => msg?.includes('ENOSPC') === true,
      );
      expect(warning.msg).toContain(`cannot write below ${folder} (--output-dir): ENOSPC`);
      expect(warning.msg).toContain('writing files goes on by itself as soon as it can');
      expect(reader.files.size).toBeLessThan(files.length);
      unlinkSync(filler);
      execFileSync('mount', ['-o', 'remount,size=100000000', folder]);
      await worker.waitForLine(
        'recovery',
        waitMs,
        ({ msg }) => msg?.startsWith('writing files goes on') === true,
      );
      await worker.runUntil('all results', waitMs, () => reader.files.size >= files.length);
      worker.send('SIGTERM');
      expect(await worker.exited).toEqual({ code: 0, signal: null });
      expect(differences(files, await reader.catchUp())).toEqual([]);
    } finally {
      await worker.kill();
      await reader.close();
    }
  } finally {
    execFileSync('umount', [folder]);
  }
});
