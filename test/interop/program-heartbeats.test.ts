import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { command } from '../cli/user-project.js';
import { brokerUnderTest, type BrokerUnderTest } from '../invariants/harness/broker-under-test.js';
import { seededBytes } from '../invariants/harness/seeded-random.js';
import { createTopic, endOffsets, freshName, withAdmin } from '../invariants/harness/topics.js';
import { FileFolder } from '../programs/upload/file-folder.js';
import { readAnnounced, shapesOf, sumsOf, type Announced } from './announced.js';
import { downloadConfiguration, uploadConfiguration } from './configuration-files.js';
import { ConsoleProcess } from '../cli/console-process.js';
import { originalProgram, whyNoPython } from './python-program.js';

const chunkBytes = 131_072;
const waitMs = 60_000;
let broker: BrokerUnderTest;
let folder: FileFolder;

beforeAll(async () => {
  broker = await brokerUnderTest();
  folder = new FileFolder();
});
afterAll(async () => {
  folder.remove();
  await broker.close();
});

const contents: Readonly<Record<string, Buffer>> = {
  'pattern.xy': seededBytes('pattern', 300_000),
  'sub/detector.bin': seededBytes('detector', 700_000),
};
const sizes = Object.values(contents).map(bytes => bytes.length);
const fileBytes = sizes.reduce((sum, size) => sum + size, 0);
const chunkCount = sizes.reduce((sum, size) => sum + Math.ceil(size / chunkBytes), 0);

type Program = readonly [command: string, ...first: string[]];

/** Runs a program with flags of the original until it has done its work, then ends it. */
async function announced(
  [program, ...first]: Program,
  flags: readonly string[],
  isDone: () => Promise<boolean> | boolean,
): Promise<Announced> {
  const heartbeatTopic = await createTopic(broker.brokers, 'heartbeats', 1);
  const logTopic = await createTopic(broker.brokers, 'logs', 1);
  const process = new ConsoleProcess(program, [
    ...[...first, ...flags],
    ...['--heartbeat_topic_name', heartbeatTopic, '--log_topic_name', logTopic],
    ...['--heartbeat_program_id', 'lab-1', '--log_program_id', 'lab-1'],
    ...['--heartbeat_interval_secs', '0.5', '--log_interval_secs', '0.5'],
  ]);
  try {
    await expect.poll(isDone, { timeout: waitMs, interval: 200 }).toBe(true);
    await process.quit();
  } catch (error) {
    throw new Error(process.printed, { cause: error });
  } finally {
    await process.kill();
  }
  return readAnnounced(broker.brokers, heartbeatTopic, logTopic);
}

function ours(name: string): Program {
  return [process.execPath, command, name];
}

async function uploadedWith(program: Program, topic: string, source: string): Promise<Announced> {
  const root = folder.local(source);
  for (const [path, bytes] of Object.entries(contents)) folder.write(`${source}/${path}`, bytes);
  // The reader of the announcements does without codecs.
  const configuration = folder.write('upload.config', uploadConfiguration(broker.brokers, 'none'));
  const place = ['--config', configuration, '--topic_name', topic, '--chunk_size', String(chunkBytes)];
  const watching = ['--upload_existing', '--watchdog_lag_time', '1'];
  return announced(program, [root, ...place, ...watching], async () => {
    const ends = await withAdmin(broker.brokers, admin => endOffsets(admin, topic));
    return [...ends.values()].reduce((sum, end) => sum + Number(end), 0) === chunkCount;
  });
}

function downloadedWith(program: Program, topic: string, copy: string): Promise<Announced> {
  const root = folder.local(copy);
  const configuration = folder.write('download.config', downloadConfiguration(broker.brokers));
  const place = ['--config', configuration, '--topic_name', topic, '--consumer_group_id', freshName('copy')];
  return announced(program, [root, ...place], () =>
    Object.entries(contents).every(
      ([path, bytes]) => existsSync(`${root}/${path}`) && readFileSync(`${root}/${path}`).equals(bytes),
    ),
  );
}

describe.skipIf(whyNoPython !== undefined)(
  'heartbeats and log messages, with the flags of the original,',
  () => {
    test('of watch and download are those of its programs: keys, fields, their order and their sums', async () => {
      const topics = [
        await createTopic(broker.brokers, 'ours', 2),
        await createTopic(broker.brokers, 'theirs', 2),
      ];
      const uploads = [
        await uploadedWith(ours('watch'), topics[0]!, 'our-source'),
        await uploadedWith([originalProgram('DataFileUploadDirectory')], topics[1]!, 'their-source'),
      ] as const;
      expect(shapesOf(uploads[0])).toEqual(shapesOf(uploads[1]));
      expect(sumsOf(uploads[0].heartbeats)).toEqual(sumsOf(uploads[1].heartbeats));
      expect(sumsOf(uploads[0].heartbeats)).toMatchObject({ n_messages_produced: chunkCount });

      const downloads = [
        await downloadedWith(ours('download'), topics[1]!, 'our-copy'),
        await downloadedWith([originalProgram('DataFileDownloadDirectory')], topics[0]!, 'their-copy'),
      ] as const;
      expect(shapesOf(downloads[0])).toEqual(shapesOf(downloads[1]));
      expect(sumsOf(downloads[0].heartbeats)).toEqual(sumsOf(downloads[1].heartbeats));
      expect(sumsOf(downloads[0].heartbeats)).toMatchObject({ n_bytes_processed: fileBytes });
    }, 300_000);
  },
);
