import { expect, test } from 'vitest';
import { isRunKey } from '../../src/wire/run-records.js';
import type { BrokerUnderTest } from './harness/broker-under-test.js';
import { differences } from './harness/result-account.js';
import { type Scene } from './harness/scene.js';
import { seededBytes } from './harness/seeded-random.js';
import { sentFile, type SentFile } from './harness/sent-file.js';
import { TopicReader } from './harness/topic-reader.js';
import { committedOffsets, endOffsets, withAdmin } from './harness/topics.js';
import type { WorkerProcess } from './harness/worker-process.js';
import { sceneForEachTest } from './harness/scene-for-each-test.js';

const waitMs = 60_000;
const chunkBytes = 1000;

let broker: BrokerUnderTest;
let program: string;
let scene: Scene;

sceneForEachTest(
  new URL('./programs/hash-files.ts', import.meta.url),
  stage => ({ broker, program, scene } = stage),
);

/** A process that reads everything and ends. */
async function runUntilIdle(...flags: readonly string[]): Promise<WorkerProcess> {
  const worker = scene.start(program, '--until-idle', '500ms', '--session-timeout', '2s', ...flags);
  expect(await worker.exited, worker.output()).toEqual({ code: 0, signal: null });
  return worker;
}

/** Ids of the results, by path and in order. */
async function resultIds(): Promise<string[]> {
  const messages = await scene.results.catchUp(waitMs);
  return messages.map(({ headers }) => `${headers['file-path']} ${headers['result-id']}`).sort();
}

/** Records that no commit covers, as of files that are open. */
async function uncommittedCount(): Promise<bigint> {
  return withAdmin(broker.brokers, async admin => {
    const committed = await committedOffsets(admin, scene.groupId, scene.topic);
    const ends = await endOffsets(admin, scene.topic);
    return [...ends].reduce((sum, [partition, end]) => sum + end - (committed.get(partition) ?? 0n), 0n);
  });
}

function fileOf(path: string): SentFile {
  return sentFile(path, seededBytes(path, 3 * chunkBytes), chunkBytes);
}

const files = ['a.dat', 'b.dat', 'late.dat'].map(fileOf);

/** The state of each path, as somebody who reads the topic sees it. */
async function states(topic: string): Promise<Record<string, Record<string, unknown>>> {
  const reader = await TopicReader.open(broker.brokers, topic);
  const messages = await reader.catchUp(waitMs);
  await reader.close();
  // Not those that say which worker reads a partition or calls a file.
  const written = messages.filter(({ key, value }) => value.length > 0 && !isRunKey(key));
  return Object.fromEntries(
    written.map(({ key, value }) => [key, JSON.parse(value.toString()) as Record<string, unknown>]),
  );
}

test.each(['at-least-once', 'exactly-once'])(
  '%s: another process knows finished files by the state topic: it opens none for a late chunk, and runs none again',
  async delivery => {
    const stateTopic = `${scene.groupId}.files`;
    const flags = ['--delivery', delivery, '--state-topic', stateTopic];
    await scene.sender.send(files.flatMap(({ chunks }) => chunks));
    await runUntilIdle(...flags);
    const before = await resultIds();
    expect(before).toHaveLength(3);
    const [a, b, late] = files;
    await scene.sender.send([...a!.chunks, late!.chunks[1]!, ...b!.chunks]);
    const second = await runUntilIdle(...flags);
    expect(await resultIds()).toEqual(before);
    expect(second.lines.filter(({ kind }) => kind === 'duplicate-version')).toHaveLength(2);
    expect(await uncommittedCount()).toBe(0n);
    expect(differences(files, scene.results.messages)).toEqual([]);

    const known = await states(stateTopic);
    expect(Object.keys(known).sort()).toEqual(files.map(({ path }) => path).sort());
    expect(known['a.dat']).toMatchObject({
      outcome: 'done',
      sha512: a!.sha512,
      chunkCount: 3,
      size: 3000,
      messageCount: 1,
      source: { topic: scene.topic },
    });
    expect(before).toContain(`a.dat ${String((known['a.dat']!['resultIds'] as string[])[0])}`);

    await scene.sender.send(a!.chunks);
    await runUntilIdle(...flags, '--reprocess-identical');
    const after = await resultIds();
    expect(after).toHaveLength(4);
    expect(new Set(after)).toEqual(new Set(before));
  },
  waitMs,
);

test(
  'without a state topic another process runs an identical upload again, and opens a file for a late chunk',
  async () => {
    await scene.sender.send(files.flatMap(({ chunks }) => chunks));
    const first = await runUntilIdle('--state-topic', 'none');
    expect(first.lines.map(({ msg }) => msg)).toContainEqual(
      expect.stringMatching(/^outcomes are not kept on a topic/),
    );
    await scene.sender.send([...files[0]!.chunks, files[2]!.chunks[1]!]);
    await runUntilIdle('--state-topic', 'none');
    expect(await resultIds()).toHaveLength(4);
    expect(await uncommittedCount()).toBeGreaterThan(0n);
  },
  waitMs,
);

test(
  'exactly-once with a state topic: each file has one result and one state when the worker is killed in between',
  async () => {
    const stateTopic = `${scene.groupId}.files`;
    const flags = ['--delivery', 'exactly-once', '--session-timeout', '2s', '--state-topic', stateTopic];
    const uploaded: SentFile[] = [];
    let worker = scene.start(program, ...flags, '--delay-ms', '20');
    for (const part of ['first', 'second']) {
      uploaded.push(...(await scene.upload(part, 20)));
      await scene.waitForResults(worker, uploaded.length - 10, waitMs);
      await worker.kill();
      worker = scene.start(program, ...flags, '--delay-ms', '20');
    }
    await scene.waitForResults(worker, uploaded.length, waitMs);
    await worker.kill();
    await runUntilIdle(...flags);
    const messages = await scene.results.catchUp(waitMs);
    expect(differences(uploaded, messages)).toEqual([]);
    expect(messages).toHaveLength(uploaded.length);
    expect(Object.keys(await states(stateTopic))).toHaveLength(uploaded.length);
  },
  2 * waitMs,
);
