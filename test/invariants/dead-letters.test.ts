import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { BrokerUnderTest } from './harness/broker-under-test.js';
import { badMessages, conflicting, wrongFileHash } from './harness/hostile-messages.js';
import { differences } from './harness/result-account.js';
import { type Scene } from './harness/scene.js';
import { seededBytes } from './harness/seeded-random.js';
import { sentFile, type SentFile } from './harness/sent-file.js';
import { TopicReader, type ReadMessage } from './harness/topic-reader.js';
import { WorkerProcess } from './harness/worker-process.js';
import { committedOffsets, endOffsets, withAdmin } from './harness/topics.js';
import { sceneForEachTest } from './harness/scene-for-each-test.js';

const waitMs = 60_000;
const command = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const deliveries = ['at-least-once', 'exactly-once'];
let broker: BrokerUnderTest;
let program: string;
let scene: Scene;

sceneForEachTest(
  new URL('./programs/fragile.ts', import.meta.url),
  stage => ({ broker, program, scene } = stage),
);

const flagsOf = (delivery: string): string[] => ['--delivery', delivery, '--session-timeout', '2s'];

const valueOf = ({ value }: ReadMessage) => JSON.parse(value.toString()) as Record<string, unknown>;

/** Records that no commit covers. */
async function uncommittedCount(): Promise<bigint> {
  return withAdmin(broker.brokers, async admin => {
    const committed = await committedOffsets(admin, scene.groupId, scene.topic);
    const ends = await endOffsets(admin, scene.topic);
    return [...ends].reduce((sum, [partition, end]) => sum + end - (committed.get(partition) ?? 0n), 0n);
  });
}

async function runUntilIdle(...flags: readonly string[]): Promise<number | null> {
  const worker = scene.start(program, '--until-idle', '500ms', ...flags);
  const { code } = await worker.exited;
  return code;
}

test.each(deliveries)(
  '%s: each message that cannot be used has one dead letter, and a restart writes none again',
  async delivery => {
    const expected: string[] = [];
    const before = await scene.upload('good-before', 4);
    for (const [at, { value, code }] of badMessages.entries()) {
      const offset = await scene.sender.sendRaw(at % 4, `bad-${at}`, value);
      expected.push(`${scene.groupId}/${scene.topic}[${at % 4}]@${offset} ${code}`);
    }
    const [first, overlapping] = conflicting('overlapping', { startByte: 50 });
    await scene.sender.sendRaw(2, 'overlap-1', first);
    const overlapAt = await scene.sender.sendRaw(2, 'overlap-2', overlapping);
    expected.push(`${scene.groupId}/${scene.topic}[2]@${overlapAt} ERR_CHUNK_CONFLICT`);
    const fileAt = await scene.sender.sendRaw(3, 'wrong-file-hash', wrongFileHash);
    const after = await scene.upload('good-after', 4);

    expect(await runUntilIdle(...flagsOf(delivery))).toBe(3);
    const letters = await scene.deadLetters();
    const [file] = letters.filter(({ headers }) => headers['dead-letter'] === 'file');
    const messages = letters.filter(letter => letter !== file);
    expect(messages.map(({ key, headers }) => `${key} ${headers['reason']}`).sort()).toEqual(expected.sort());
    expect(valueOf(file!)).toMatchObject({
      path: 'bad/wrong-file-hash',
      reason: 'file-hash-mismatch',
      source: { topic: scene.topic, partitions: [{ partition: 3, offsets: String(fileAt) }] },
    });
    expect(differences([...before, ...after], await scene.results.catchUp())).toEqual([]);

    await runUntilIdle(...flagsOf(delivery));
    expect(await scene.deadLetters()).toHaveLength(letters.length);
  },
  waitMs,
);

test.each(deliveries)(
  '%s: a file that fails has a dead letter that says where it is and why, in the names of others too',
  async delivery => {
    const file = sentFile('fails/scan.csv', seededBytes('scan', 2500), 1000);
    await scene.sender.send(file.chunks);
    expect(await runUntilIdle(...flagsOf(delivery))).toBe(3);
    const [letter, ...rest] = await scene.deadLetters();
    expect(rest).toEqual([]);
    const value = valueOf(letter!);
    expect(value).toMatchObject({
      schema: 1,
      kind: 'file',
      path: 'fails/scan.csv',
      sha512: file.sha512,
      size: 2500,
      chunkCount: 3,
      reason: 'threw',
      attempts: 1,
      groupId: scene.groupId,
      name: 'Fragile',
      error: {
        name: 'NonRetriableError',
        message: 'cannot read fails/scan.csv: no header',
        stack: expect.stringContaining('describeFile'),
      },
    });
    expect(letter!.headers).toMatchObject({
      'dead-letter': 'file',
      reason: 'threw',
      'file-path': 'fails/scan.csv',
      'result-id': value['resultId'],
      'dead-letter-exception-class-name': 'NonRetriableError',
      'dead-letter-topic': scene.topic,
      'kafka_dlt-original-topic': scene.topic,
      'kafka_dlt-exception-message': 'cannot read fails/scan.csv: no header',
    });
    expect(await uncommittedCount()).toBe(0n);
  },
  waitMs,
);

test.each(deliveries)(
  '%s: killed again and again around dead letters, no failed file and no bad message is without one',
  async delivery => {
    const good: SentFile[] = [];
    const keys = new Set<string>();
    for (const round of [0, 1, 2, 3]) {
      good.push(...(await scene.upload(`good-${round}`, 5)));
      const failing = await scene.upload(`fails/${round}`, 5);
      for (const { path } of failing) keys.add(path);
      for (let at = 0; at < 5; at += 1) {
        const offset = await scene.sender.sendRaw(at % 4, 'bad', Buffer.from('garbage'));
        keys.add(`${scene.groupId}/${scene.topic}[${at % 4}]@${offset}`);
      }
      const worker = scene.start(program, ...flagsOf(delivery));
      const seen = 1 + round * 2;
      await worker.runUntil(`${seen} files given up`, waitMs, () => {
        return (
          worker.lines.filter(({ kind }) => kind === 'file-failed' || kind === 'bad-input').length >= seen
        );
      });
      await worker.kill();
    }
    await runUntilIdle(...flagsOf(delivery));
    const letters = await scene.deadLetters();
    const found = letters.map(({ key, headers }) => headers['file-path'] ?? key);
    expect(new Set(found)).toEqual(keys);
    if (delivery === 'exactly-once') expect(found).toHaveLength(keys.size);
    expect(differences(good, await scene.results.catchUp())).toEqual([]);
    expect(await uncommittedCount()).toBe(0n);
  },
  2 * waitMs,
);

test(
  'a flood of bad messages has one dead letter each, and holds nothing up for good',
  async () => {
    const flood = Array.from({ length: 1_500 }, (_, at) => ({
      key: `flood-${at}`,
      value: Buffer.from(`line ${at}`),
      path: '',
      byteLength: 0,
    }));
    await scene.sender.send(flood);
    const files = await scene.upload('good', 5);
    expect(await runUntilIdle(...flagsOf('exactly-once'))).toBe(0);
    expect(new Set((await scene.deadLetters()).map(({ key }) => key)).size).toBe(1_500);
    expect(differences(files, await scene.results.catchUp())).toEqual([]);
    expect(await uncommittedCount()).toBe(0n);
  },
  waitMs,
);

test.each(deliveries)(
  '%s: where the dead-letter topic takes nothing the worker says so, and the state topic keeps them for a replay and --retry-failed',
  async delivery => {
    await withAdmin(broker.brokers, async admin => {
      const configEntries = [{ name: 'max.message.bytes', value: '1' }];
      const topic = `${scene.resultTopic}.dead-letters`;
      await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] });
    });
    const files = ['scan', 'other'].map(name => sentFile(`fails/${name}.csv`, seededBytes(name, 2500), 1000));
    for (const file of files) await scene.sender.send(file.chunks);
    const offset = await scene.sender.sendRaw(1, 'bad', Buffer.from('garbage'));
    const worker = scene.start(program, '--until-idle', '500ms', ...flagsOf(delivery));
    expect((await worker.exited).code, worker.output()).toBe(3);
    expect(worker.output()).toContain(`They are kept on the state topic ${scene.groupId}.files: `);
    expect(await scene.deadLetters()).toEqual([]);
    expect(await uncommittedCount()).toBe(0n);

    const state = await TopicReader.open(broker.brokers, `${scene.groupId}.files`);
    const kept = (await state.catchUp(waitMs)).filter(({ key }) => key.startsWith('/dead-letter/'));
    await state.close();
    expect(kept.map(({ key, headers }) => `${key} ${headers['reason']}`).sort()).toEqual([
      ...['other', 'scan'].map(name =>
        expect.stringMatching(
          `^/dead-letter/${scene.groupId}/${scene.topic}/fails/${name}.csv@[0-9a-f]{16} threw$`,
        ),
      ),
      `/dead-letter/${scene.groupId}/${scene.topic}[1]@${offset} ERR_CHUNK_DECODE`,
    ]);

    const replay = async (...flags: readonly string[]): Promise<string> => {
      const given = ['--consume-topic', scene.topic, '--produce-topic', scene.resultTopic];
      const process = new WorkerProcess(command, [
        ...['replay', program, '--brokers', broker.brokers.join(','), '--group-id', scene.groupId],
        ...[...given, '--from-state-topic', ...flags],
      ]);
      await process.exited;
      return process.otherOutput.at(-1)!;
    };
    const counted = (count: string) => `${scene.groupId}.files: ${count}, 1 unusable message`;
    expect(await replay('--list')).toBe(counted('2 files'));
    await replay();
    expect(await replay('--list')).toBe(counted('2 files'));
    await replay('--mended', '--path', 'fails/scan.csv');
    expect(await replay('--list')).toBe(counted('1 file'));
    expect(await runUntilIdle('--retry-failed', '--mended', ...flagsOf(delivery))).toBe(0);
    expect(await replay('--list')).toBe(counted('0 files'));
    expect(differences(files, await scene.results.catchUp())).toEqual([]);
  },
  2 * waitMs,
);
