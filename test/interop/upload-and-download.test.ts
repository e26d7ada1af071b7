import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { command, UserProject } from '../cli/user-project.js';
import { brokerUnderTest, type BrokerUnderTest } from '../invariants/harness/broker-under-test.js';
import { seededBytes } from '../invariants/harness/seeded-random.js';
import { createTopic } from '../invariants/harness/topics.js';
import { FileFolder } from '../programs/upload/file-folder.js';
import { originalProgram, whyNoPython } from './python-program.js';

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

const contents: Readonly<Record<string, Buffer>> = {
  'diffraction pattern.xy': Buffer.from('10.00 152\n10.02 149\n'.repeat(40_000)),
  'sub/détecteur-é.bin': seededBytes('detector', 1_300_000),
  'sub/deep/tiny.txt': Buffer.from('1'),
};

function configuration(): string {
  const lines = [
    ...['[broker]', `bootstrap.servers = ${broker.brokers.join(',')}`, ''],
    ...['[consumer]', 'auto.offset.reset = earliest', 'enable.auto.commit = False', 'fetch.min.bytes = 1'],
    ...['key.deserializer = StringDeserializer', 'value.deserializer = DataFileChunkDeserializer', ''],
  ];
  const path = folder.local('download.config');
  writeFileSync(path, lines.join('\n'));
  return path;
}

describe.skipIf(whyNoPython !== undefined)('the original downloader', () => {
  test.each(['upload', 'watch'])(
    'rebuilds what reproducer %s has sent, byte for byte',
    async program => {
      const source = `${program}-source`;
      for (const [path, bytes] of Object.entries(contents)) folder.write(`${source}/${path}`, bytes);
      const topic = await createTopic(broker.brokers, program, 3);
      const layout = program === 'upload' ? 'by-file' : 'scattered';
      const flags = ['--topic', topic, '--brokers', broker.brokers.join(','), '--layout', layout];
      const untilIdle = program === 'watch' ? ['--until-idle', '1s', '--settle', '100ms'] : [];
      const sending = [
        command,
        program,
        folder.local(source),
        ...flags,
        '--compression',
        'lz4',
        ...untilIdle,
      ];
      const sent = await project.start(sending).ended;
      expect(sent.code, sent.stderr).toBe(0);

      const output = folder.local(`${program}-output`);
      const from = ['--config', configuration(), '--topic_name', topic, '--consumer_group_id', topic];
      const original = spawn(originalProgram('DataFileDownloadDirectory'), [output, ...from], {
        stdio: 'pipe',
      });
      let printed = '';
      original.stderr.on('data', (text: Buffer) => (printed += text.toString()));
      const isSame = (path: string, bytes: Buffer): boolean =>
        existsSync(`${output}/${path}`) && readFileSync(`${output}/${path}`).equals(bytes);
      try {
        const arrived = (): string[] =>
          Object.entries(contents)
            .filter(([path, bytes]) => isSame(path, bytes))
            .map(([path]) => path);
        await expect
          .poll(arrived, { timeout: 90_000, interval: 200, message: printed })
          .toEqual(Object.keys(contents));
      } finally {
        original.kill('SIGKILL');
      }
    },
    150_000,
  );
});
