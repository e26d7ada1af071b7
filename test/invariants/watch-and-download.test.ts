import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKafkajsDriver } from '../../src/kafka/kafkajs/create-driver.js';
import { silentLogger } from '../../src/logger.js';
import { decodeChunk } from '../../src/wire/decode-chunk.js';
import { command, UserProject } from '../cli/user-project.js';
import { connectionTo } from '../kafka-driver/brokers.js';
import { FileFolder } from '../programs/upload/file-folder.js';
import { brokerUnderTest, isOnRealKafka, type BrokerUnderTest } from './harness/broker-under-test.js';
import { seededBytes, seededRandom, wholeBetween } from './harness/seeded-random.js';
import { createTopic } from './harness/topics.js';

/** In full on real Kafka and in CI, in short on the embedded broker. */
const isInFull = isOnRealKafka || process.env['KAFKA_REPRODUCER_ALL_KILLS'] === '1';
const extent = isInFull ? { fileCount: 200, killCount: 20 } : { fileCount: 30, killCount: 2 };
const filesPerRun = extent.fileCount / extent.killCount;
const chunkBytes = 4_096;
/** What both print when they begin. */
const startText = '"msg":"';
const timeoutMs = 400_000;
/** Longest time to the kill, from the start and from the moment at which some files are done. */
const [mostAfterStartMs, mostAfterFilesMs] = [400, 40];
/** A process that has nothing left to do is killed after so long. */
const mostLifeMs = 8_000;
const seed = Number(process.env['KAFKA_REPRODUCER_TEST_SEED'] ?? Date.now() % 1_000_000);

let broker: BrokerUnderTest;
let project: UserProject;
let folder: FileFolder;

beforeAll(async () => {
  broker = await brokerUnderTest();
  project = new UserProject();
  folder = new FileFolder();
});
afterAll(async () => {
  folder.remove();
  project.remove();
  await broker.close();
});

const sha512 = (bytes: Uint8Array): string => createHash('sha512').update(bytes).digest('hex');

/** Paths and hashes of what is to arrive. */
function contents(): Map<string, Buffer> {
  const random = seededRandom(seed);
  return new Map(
    Array.from({ length: extent.fileCount }, (_, at) => {
      const size = wholeBetween(random, 1, 30 * chunkBytes);
      return [`run${at % 7}/scan-${at}.dat`, seededBytes(`${seed}/${at}`, size)] as const;
    }),
  );
}

/** As an instrument does it: under another name first. */
function put(path: string, bytes: Buffer): void {
  const local = folder.local(`source/${path}`);
  mkdirSync(dirname(local), { recursive: true });
  writeFileSync(`${local}.tmp`, bytes);
  renameSync(`${local}.tmp`, local);
}

/**
 * Runs the command again and again, each time killed at a random moment, and at last until nothing is left to do. The moments are
 * those at which it works: soon after its start, or after it has told of some of its files.
 *
 * @param doneText what stands in the line about a file that it is done with
 * @returns how many files were told of, by run
 */
async function runKilled(args: readonly string[], doneText: string, onRun: () => void): Promise<number[]> {
  const random = seededRandom(seed + 1);
  const doneCounts: number[] = [];
  for (let run = 0; run < extent.killCount; run += 1) {
    const { child, ended, output, printed } = project.start([command, ...args]);
    const doneCount = (): number => output.stderr.split(doneText).length - 1;
    onRun();
    await printed(startText);
    // Fewer than there are for each run.
    const leastCount = run % 4 === 0 ? 0 : wholeBetween(random, 1, filesPerRun / 2);
    const kill = setTimeout(() => child.kill('SIGKILL'), mostLifeMs);
    await new Promise<void>(resolve => {
      const look = (): void => {
        if (doneCount() >= leastCount) resolve();
      };
      child.stderr.on('data', look);
      void ended.then(() => resolve());
      look();
    });
    clearTimeout(kill);
    setTimeout(
      () => child.kill('SIGKILL'),
      wholeBetween(random, 0, leastCount === 0 ? mostAfterStartMs : mostAfterFilesMs),
    );
    await ended;
    doneCounts.push(doneCount());
  }
  const last = await project.start([command, ...args, '--until-idle', '2s']).ended;
  const troubles = last.stderr.split('\n').filter(line => !line.includes('"level":30'));
  expect(last.code, `seed ${seed}\n${troubles.join('\n')}`).toBe(0);
  return doneCounts;
}

/** Every file that the chunks on the topic make up, by path and hash, checked; and how many bytes lie there. */
async function filesOn(topic: string) {
  const driver = createKafkajsDriver({ connection: connectionTo(broker.brokers), logger: silentLogger() });
  const chunks = new Map<string, Map<number, Buffer>>();
  const counts = new Map<string, number>();
  let byteCount = 0;
  const onRecord = ({ value }: { value: Buffer | null }): void => {
    const chunk = decodeChunk(Buffer.from(value!));
    expect(sha512(chunk.data)).toBe(Buffer.from(chunk.chunkHash).toString('hex'));
    const version = `${chunk.subdirectory}/${chunk.filename} ${Buffer.from(chunk.fileHash).toString('hex')}`;
    const known = chunks.get(version) ?? new Map<number, Buffer>();
    known.set(chunk.index, Buffer.from(chunk.data));
    chunks.set(version, known);
    counts.set(version, chunk.count);
    byteCount += chunk.data.length;
  };
  await driver.readToEnd({ topic, from: new Map(), onRecord });
  const files = new Map<string, string>();
  for (const [version, known] of chunks) {
    const parts = Array.from({ length: counts.get(version)! }, (_, at) => known.get(at + 1));
    if (parts.includes(undefined)) continue;
    const [path, hash] = version.split(' ') as [string, string];
    expect(sha512(Buffer.concat(parts as Buffer[])), path).toBe(hash);
    files.set(path, hash);
  }
  return { files, byteCount };
}

const hashes = (files: ReadonlyMap<string, Buffer>): Map<string, string> =>
  new Map([...files].map(([path, bytes]) => [path, sha512(bytes)]));
const sorted = (files: ReadonlyMap<string, string>): [string, string][] => [...files].sort();

test(
  'watch and download, killed at any moment: nothing is missing, nothing is torn',
  async () => {
    const topic = await createTopic(broker.brokers, 'killed', 4);
    const source = contents();
    const pending = [...source];
    mkdirSync(folder.local('source'));
    const connection = ['--topic', topic, '--brokers', broker.brokers.join(',')];
    const watching = [
      'watch',
      folder.local('source'),
      '--settle',
      '100ms',
      '--chunk-bytes',
      String(chunkBytes),
      // One chunk after the other, more or less, so that it is busy for longer.
      ...['--memory-budget', String(4 * chunkBytes)],
    ];
    const sentByRun = await runKilled([...watching, ...connection], 'uploaded run', () => {
      for (const [path, bytes] of pending.splice(0, filesPerRun)) put(path, bytes);
    });
    const { files, byteCount } = await filesOn(topic);
    expect(sorted(files), `seed ${seed}`).toEqual(sorted(hashes(source)));
    const wholeBytes = [...source.values()].reduce((sum, bytes) => sum + bytes.length, 0);
    const twice = byteCount - wholeBytes;
    console.log(
      `watch: ${extent.killCount} kills, ${source.size} files, ${wholeBytes} bytes, ${twice} of them sent twice`,
    );

    const copy = folder.local('copy');
    const kept = (): Map<string, string> => {
      const entries = readdirSync(copy, { recursive: true, withFileTypes: true });
      const local = entries.filter(entry => entry.isFile()).map(entry => `${entry.parentPath}/${entry.name}`);
      const visible = local.map(path => path.slice(copy.length + 1)).filter(path => !path.startsWith('.'));
      return new Map(visible.map(path => [path, sha512(readFileSync(`${copy}/${path}`))]));
    };
    mkdirSync(copy);
    const expected = hashes(source);
    const flags = ['--session-timeout', '1s'];
    const keptByRun = await runKilled(['download', copy, ...connection, ...flags], '"done: run', () => {
      for (const [path, hash] of kept())
        expect(hash, `${path} is torn, seed ${seed}`).toBe(expected.get(path));
    });
    expect(sorted(kept()), `seed ${seed}`).toEqual(sorted(expected));
    console.log(
      `files told of before each kill: watch ${sentByRun.join(' ')}, download ${keptByRun.join(' ')}`,
    );
  },
  timeoutMs,
);
