import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CreateMultipartUploadCommand, UploadPartCommand, type S3Client } from '@aws-sdk/client-s3';
import { command, UserProject, type Ended } from '../cli/user-project.js';
import { brokerUnderTest, type BrokerUnderTest } from '../invariants/harness/broker-under-test.js';
import { seededBytes, seededRandom, wholeBetween } from '../invariants/harness/seeded-random.js';
import { createTopic } from '../invariants/harness/topics.js';
import { upload } from '../kafka-driver/upload.js';
import { S3Server, s3Installation } from './s3-server.js';
import { plainS3, storedObjects, unfinishedUploads } from './stored-objects.js';

const mebibyte = 1024 * 1024;
const seed = Number(process.env['KAFKA_REPRODUCER_TEST_SEED'] ?? Date.now() % 1_000_000);
const installation = s3Installation();
if (installation.kind === 'missing') console.log(`Skipped: no S3 server: ${installation.reason}`);

const sha512 = (bytes: Uint8Array): string => createHash('sha512').update(bytes).digest('hex');

describe.skipIf(installation.kind === 'missing')('reproducer s3-transfer', () => {
  let project: UserProject;
  let broker: BrokerUnderTest;
  let server: S3Server;
  let client: S3Client;
  let topic: string;

  beforeAll(async () => {
    project = new UserProject();
    broker = await brokerUnderTest();
    server = await S3Server.start(installation.kind === 'ready' ? installation.program : '');
    client = plainS3(server);
    project.write('s3.config', config());
  });
  afterAll(async () => {
    client.destroy();
    await server.stop();
    project.remove();
    await broker.close();
  });
  beforeEach(async () => {
    topic = await createTopic(broker.brokers, 'to-bucket', 2);
  });

  /** Written as for OpenMSIStream. */
  function config(secret = S3Server.secretKeyId): string {
    const keys = `access_key_id = ${S3Server.accessKeyId}\nsecret_key_id = ${secret}`;
    return `[broker]\nbootstrap.servers = ${broker.brokers.join(',')}\n\n[s3]\n${keys}\nendpoint_url = ${server.url}\nregion = us-east-1\n`;
  }

  function transferArguments(...flags: readonly string[]): string[] {
    const group = ['--group-id', `to-bucket.${topic}`];
    const place = ['s3-transfer', S3Server.bucket, '--topic', topic, '--config', 's3.config'];
    return [command, ...place, ...group, '--session-timeout', '1s', ...flags];
  }

  function transfer(...flags: readonly string[]): Promise<Ended> {
    return project.node(...transferArguments('--until-idle', '500ms', ...flags));
  }

  function send(contents: ReadonlyMap<string, Uint8Array>): Promise<unknown> {
    const files = [...contents].map(([path, bytes]) => ({ path, bytes }));
    return upload(broker.brokers[0]!, topic, files, { chunkBytes: 500_000 });
  }

  /** What lies there, by path, without what the topic's name adds. */
  async function stored(): Promise<Map<string, string>> {
    const objects = await storedObjects(client, `${topic}/`);
    return new Map([...objects].map(([key, { sha512: hash }]) => [key.slice(topic.length + 1), hash]));
  }

  const hashes = (contents: ReadonlyMap<string, Uint8Array>): Map<string, string> =>
    new Map([...contents].map(([path, bytes]) => [path, sha512(bytes)]));

  it('puts small files at once and large ones in parts under TOPIC/PATH', async () => {
    const contents = new Map([
      ['note.txt', Buffer.from('a note')],
      ['xrd/scan 1 é#?.xy', seededBytes('scan', 8 * mebibyte)],
      ['xrd/deep/large.raw', seededBytes('large', 23 * mebibyte + 1)],
    ]);
    await send(contents);
    const ended = await transfer();
    expect(ended.code, ended.stderr).toBe(0);
    expect(await stored()).toEqual(hashes(contents));
    const objects = await storedObjects(client, `${topic}/note.txt`);
    expect([...objects.values()][0]!.metadata).toEqual({ sha512: sha512(Buffer.from('a note')) });
    expect(await unfinishedUploads(client)).toBe(0);
  });

  it('removes what an earlier run has left of an upload in parts', async () => {
    const contents = new Map([['large.raw', seededBytes('large', 9 * mebibyte)]]);
    const target = { Bucket: S3Server.bucket, Key: `${topic}/large.raw` };
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(target));
    const part = { ...target, UploadId, PartNumber: 1, Body: Buffer.alloc(5 * mebibyte) };
    await client.send(new UploadPartCommand(part));
    expect(await unfinishedUploads(client)).toBe(1);
    await send(contents);
    const ended = await transfer();
    expect(ended.code, ended.stderr).toBe(0);
    expect(await stored()).toEqual(hashes(contents));
    expect(await unfinishedUploads(client)).toBe(0);
  });

  it('leaves alone what is there, and replaces it by a newer upload of the path', async () => {
    await send(
      new Map([
        ['kept.txt', Buffer.from('kept')],
        ['changed.txt', Buffer.from('first')],
      ]),
    );
    expect((await transfer()).code).toBe(0);
    const before = await storedObjects(client, `${topic}/kept.txt`);
    await send(new Map([['changed.txt', Buffer.from('second')]]));
    // Another group: it gets all files again.
    const ended = await transfer('--group-id', `again.${topic}`, '--log-level', 'debug');
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stdout + ended.stderr).toContain('lies in the bucket already');
    expect(await stored()).toEqual(
      hashes(
        new Map([
          ['kept.txt', Buffer.from('kept')],
          ['changed.txt', Buffer.from('second')],
        ]),
      ),
    );
    expect(await storedObjects(client, `${topic}/kept.txt`)).toEqual(before);
  });

  it('keeps tables of its files in the output directory, and none with --tables none', async () => {
    await send(new Map([['note.txt', Buffer.from('a note')]]));
    const without = await transfer('--output-dir', `without-${topic}`, '--tables', 'none');
    expect(without.code, without.stderr).toBe(0);
    expect(without.stdout + without.stderr).toContain('done: note.txt');
    expect(existsSync(project.path(`without-${topic}/LOGS`))).toBe(false);

    const group = `kept.${topic}`;
    const kept = await transfer('--output-dir', `with-${topic}`, '--group-id', group);
    expect(kept.code, kept.stderr).toBe(0);
    const logs = project.path(`with-${topic}/LOGS`);
    expect(readdirSync(logs).sort()).toEqual([
      `consuming_from_${topic}_in_progress_by_${group}.csv`,
      `processed_from_${topic}_by_${group}.csv`,
    ]);
    expect(readFileSync(join(logs, `processed_from_${topic}_by_${group}.csv`), 'utf8')).toMatch(
      /^filename;rel_filepath;n_chunks;first_message;processed_at\n'note\.txt';'note\.txt';1;'[^;]+';'[^;]+'$/,
    );
  });

  it('waits while the server is away', async () => {
    const running = project.start(transferArguments('--limit', '1'));
    await running.printed(`reads ${topic}`);
    await server.kill();
    await send(new Map([['late.txt', Buffer.from('late')]]));
    await running.printed('transferring goes on by itself as soon as it can');
    await server.resume();
    const ended = await running.ended;
    expect(ended.code, ended.stderr).toBe(0);
    expect(await stored()).toEqual(hashes(new Map([['late.txt', Buffer.from('late')]])));
  });

  it('says what to change where the bucket or the key is wrong, and reads nothing', async () => {
    const missing = await project.node(
      ...[command, 's3-transfer', 'other-bucket', '--topic', topic, '--config', 's3.config'],
    );
    expect(missing.stdout + missing.stderr).toContain(
      `${server.url} has no bucket other-bucket: make it, or give another name`,
    );
    expect(missing.code).toBe(2);
    project.write('wrong.config', config('wrong'));
    const refused = await transfer('--config', 'wrong.config');
    expect(refused.stdout + refused.stderr).toContain(
      `${server.url} refuses the bucket lab-archive (status 403): check access_key_id`,
    );
    expect(refused.code).toBe(2);
  });

  it('has every file, whole, when it was killed at any moments', { timeout: 300_000 }, async () => {
    const random = seededRandom(seed);
    const contents = new Map(
      Array.from({ length: 100 }, (_, at) => {
        const size =
          at % 10 === 0 ? wholeBetween(random, 8 * mebibyte, 20 * mebibyte) : wholeBetween(random, 1, 60_000);
        return [`run${at % 7}/scan-${at}.dat`, seededBytes(`${seed}/${at}`, size)] as const;
      }),
    );
    const expected = hashes(contents);
    const kills = 10;
    const pending = [...contents];
    for (let run = 0; run < kills; run += 1) {
      await send(new Map(pending.splice(0, 10)));
      const { child, ended, printed } = project.start(transferArguments());
      // The first half of them while the process joins and reads, the other half amid the files.
      await printed(run % 2 === 0 ? `reads ${topic}` : 'done: ');
      setTimeout(() => child.kill('SIGKILL'), wholeBetween(random, 0, run % 2 === 0 ? 2_000 : 300));
      await ended;
      for (const [path, hash] of await stored())
        expect(hash, `seed ${seed}: ${path}`).toBe(expected.get(path));
    }
    const left = await unfinishedUploads(client);
    const before = (await stored()).size;
    const last = await transfer('--until-idle', '2s');
    expect(last.code, last.stderr.slice(-2_000)).toBe(0);
    expect(await stored(), `seed ${seed}`).toEqual(expected);
    expect(await unfinishedUploads(client)).toBe(0);
    console.log(
      `s3-transfer: ${kills} kills, ${before} of 100 files there before the last run, ${left} uploads in parts cut off then`,
    );
  });
});
