import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { command, UserProject } from '../cli/user-project.js';
import { brokerUnderTest, type BrokerUnderTest } from '../invariants/harness/broker-under-test.js';
import { TopicReader } from '../invariants/harness/topic-reader.js';
import { createTopic, freshName } from '../invariants/harness/topics.js';
import { compileProgram } from '../invariants/harness/worker-process.js';
import { FileFolder } from '../programs/upload/file-folder.js';
import { downloadConfiguration } from './configuration-files.js';
import { ConsoleProcess } from '../cli/console-process.js';
import { sampleFiles } from './sample-files.js';
import { originalProgram, runScript, whyNoPython } from './python-program.js';

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

/** Sends the files of a folder: with `upload` each file on one partition, with `watch` as the original does it. */
async function send(program: string, source: string, topic: string): Promise<void> {
  const layout = program === 'upload' ? 'by-file' : 'scattered';
  const place = ['--topic', topic, '--brokers', broker.brokers.join(','), '--layout', layout];
  const untilIdle = program === 'watch' ? ['--until-idle', '1s', '--settle', '100ms'] : [];
  const flags = [...place, '--compression', 'lz4', ...untilIdle];
  const sent = await project.node(command, program, folder.local(source), ...flags);
  expect(sent.code, sent.stderr).toBe(0);
}

describe.skipIf(whyNoPython !== undefined)('the original downloader', () => {
  test.each(['upload', 'watch'])(
    'rebuilds what reproducer %s has sent, byte for byte',
    async program => {
      const source = `${program}-source`;
      for (const [path, bytes] of Object.entries(sampleFiles)) folder.write(`${source}/${path}`, bytes);
      const topic = await createTopic(broker.brokers, program, 3);
      await send(program, source, topic);

      const output = folder.local(`${program}-output`);
      const configuration = folder.write('download.config', downloadConfiguration(broker.brokers));
      const from = ['--config', configuration, '--topic_name', topic, '--consumer_group_id', topic];
      const original = new ConsoleProcess(originalProgram('DataFileDownloadDirectory'), [output, ...from]);
      const isSame = (path: string, bytes: Buffer): boolean =>
        existsSync(`${output}/${path}`) && readFileSync(`${output}/${path}`).equals(bytes);
      try {
        const arrived = (): string[] =>
          Object.entries(sampleFiles)
            .filter(([path, bytes]) => isSame(path, bytes))
            .map(([path]) => path);
        await expect
          .poll(arrived, { timeout: 90_000, interval: 200, message: original.printed })
          .toEqual(Object.keys(sampleFiles));
      } finally {
        await original.kill();
      }
    },
    150_000,
  );
});

/** What both classes, in two languages, take apart. */
const tables: Readonly<Record<string, string>> = {
  'in the root.txt': '1 2.5 -3 1e-7',
  'scans/énergie.xy': '10.00 152\n10.02 149\n'.repeat(500),
};

describe.skipIf(whyNoPython !== undefined)('a reproducer of the original', () => {
  test.each(['upload', 'watch'])(
    'makes of what reproducer %s has sent the results that ours makes of it',
    async program => {
      const source = `${program}-tables`;
      for (const [path, text] of Object.entries(tables)) folder.write(`${source}/${path}`, text);
      const [topic, theirTopic, ourTopic] = [
        await createTopic(broker.brokers, program, 3),
        await createTopic(broker.brokers, 'their-metadata', 1),
        await createTopic(broker.brokers, 'our-metadata', 1),
      ];
      await send(program, source, topic);

      const count = Object.keys(tables).length;
      const place = ['--brokers', broker.brokers.join(','), '--consume-topic', topic];
      await runScript('metadata.py', [
        ...[...place, '--produce-topic', theirTopic, '--group', freshName('original')],
        ...['--count', String(count)],
      ]);
      const ours = await compileProgram(new URL('programs/describe-table.ts', import.meta.url));
      const ending = ['--group-id', freshName('ours'), '--until-idle', '1s'];
      const ended = await project.node(ours, ...place, '--produce-topic', ourTopic, ...ending);
      expect(ended.code, ended.stderr).toBe(0);

      const theirs = await resultsOn(theirTopic);
      expect(theirs.map(([key]) => key)).toEqual([
        '_in the root.txt_chunk_processing_result',
        'scans_énergie.xy_chunk_processing_result',
      ]);
      expect(await resultsOn(ourTopic)).toEqual(theirs);
    },
    120_000,
  );
});

/** Key and value of each message, sorted. */
async function resultsOn(topic: string): Promise<(readonly [string, string])[]> {
  const reader = await TopicReader.open(broker.brokers, topic);
  const messages = await reader.catchUp();
  await reader.close();
  const pairs = messages.map(({ key, value }) => [key, value.toString()] as const);
  return pairs.sort(([one], [other]) => one.localeCompare(other));
}
