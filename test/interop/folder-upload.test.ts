import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { command, UserProject } from '../cli/user-project.js';
import { brokerUnderTest, type BrokerUnderTest } from '../invariants/harness/broker-under-test.js';
import { Scene } from '../invariants/harness/scene.js';
import { compileProgram } from '../invariants/harness/worker-process.js';
import { FileFolder } from '../programs/upload/file-folder.js';
import { S3Server, s3Installation } from '../s3/s3-server.js';
import { plainS3, storedObjects } from '../s3/stored-objects.js';
import { uploadConfiguration } from './configuration-files.js';
import { ConsoleProcess } from '../cli/console-process.js';
import { sampleFiles } from './sample-files.js';
import { originalProgram, whyNoPython } from './python-program.js';

const waitMs = 60_000;
let broker: BrokerUnderTest;
let program: string;
let scene: Scene;
let project: UserProject;
let folder: FileFolder;

beforeAll(async () => {
  broker = await brokerUnderTest();
  program = await compileProgram(new URL('../invariants/programs/hash-files.ts', import.meta.url));
  scene = await Scene.open(broker.brokers);
  project = new UserProject();
  folder = new FileFolder();
});
afterAll(async () => {
  await scene.close();
  folder.remove();
  project.remove();
  await broker.close();
});

const digest = (algorithm: string, bytes: Uint8Array): string =>
  createHash(algorithm).update(bytes).digest('hex');
const byPath = ([one]: readonly string[], [other]: readonly string[]): number => one!.localeCompare(other!);

const installation = s3Installation();
if (installation.kind === 'missing') console.log(`Skipped: no S3 server: ${installation.reason}`);

describe.skipIf(whyNoPython !== undefined)("what the original's upload of a folder has sent", () => {
  const place = (): string[] => ['--topic', scene.topic, '--brokers', broker.brokers.join(',')];

  beforeAll(async () => {
    for (const [path, bytes] of Object.entries(sampleFiles)) folder.write(`source/${path}`, bytes);
    const configuration = folder.write('upload.config', uploadConfiguration(broker.brokers));
    const worker = scene.start(program);
    const flags = ['--config', configuration, '--topic_name', scene.topic, '--chunk_size', '131072'];
    const original = new ConsoleProcess(originalProgram('DataFileUploadDirectory'), [
      ...[folder.local('source'), ...flags],
      ...['--upload_existing', '--watchdog_lag_time', '1'],
    ]);
    try {
      await scene.waitForResults(worker, Object.keys(sampleFiles).length, waitMs);
    } catch (error) {
      throw new Error(original.printed, { cause: error });
    } finally {
      await original.kill();
    }
  }, 120_000);

  test('gets to a worker, byte for byte', async () => {
    const results = (await scene.results.catchUp()).map(
      ({ value }) => JSON.parse(value.toString()) as { filename: string; sha256: string },
    );
    const expected = Object.entries(sampleFiles).map(([path, bytes]) => [path, digest('sha256', bytes)]);
    expect(results.map(({ filename, sha256 }) => [filename, sha256]).sort(byPath)).toEqual(
      expected.sort(byPath),
    );
  });

  test('gets to reproducer download', async () => {
    const copy = folder.local('copy');
    const ended = await project.node(command, 'download', copy, ...place(), '--until-idle', '1s');
    expect(ended.code, ended.stderr).toBe(0);
    for (const [path, bytes] of Object.entries(sampleFiles))
      expect(readFileSync(`${copy}/${path}`).equals(bytes), path).toBe(true);
  });

  test.skipIf(installation.kind === 'missing')('gets to reproducer s3-transfer', async () => {
    const server = await S3Server.start(installation.kind === 'ready' ? installation.program : '');
    const client = plainS3(server);
    try {
      const { bucket, accessKeyId, secretKeyId } = S3Server;
      const keys = `[s3]\naccess_key_id = ${accessKeyId}\nsecret_key_id = ${secretKeyId}\n`;
      const config = folder.write('s3.config', `${keys}endpoint_url = ${server.url}\nregion = us-east-1\n`);
      const transfer = ['s3-transfer', bucket, '--config', config, '--until-idle', '1s'];
      const ended = await project.node(command, ...transfer, ...place());
      expect(ended.code, ended.stderr).toBe(0);
      const stored = [...(await storedObjects(client, ''))].map(([key, { sha512 }]) => [key, sha512]);
      const expected = Object.entries(sampleFiles).map(([path, bytes]) => [
        `${scene.topic}/${path}`,
        digest('sha512', bytes),
      ]);
      expect(stored.sort(byPath)).toEqual(expected.sort(byPath));
    } finally {
      client.destroy();
      await server.stop();
    }
  });
});
