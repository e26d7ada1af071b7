import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { brokerUnderTest, type BrokerUnderTest } from '../invariants/harness/broker-under-test.js';
import { interleave } from '../invariants/harness/chunk-sender.js';
import { Scene } from '../invariants/harness/scene.js';
import { sentFile } from '../invariants/harness/sent-file.js';
import { seededBytes } from '../invariants/harness/seeded-random.js';
import { createTopic } from '../invariants/harness/topics.js';
import { compileProgram } from '../invariants/harness/worker-process.js';
import { readAnnounced, shapesOf, sumsOf, type Announced } from './announced.js';
import { runScript, whyNoPython } from './python-program.js';

const waitMs = 30_000;
let broker: BrokerUnderTest;
let program: string;
let scene: Scene;

beforeAll(async () => {
  broker = await brokerUnderTest();
  program = await compileProgram(new URL('programs/describe-table.ts', import.meta.url));
  scene = await Scene.open(broker.brokers);
});
afterAll(async () => {
  await scene.close();
  await broker.close();
});

const paths = ['a.txt', 'b/c.txt', 'b/d/e.txt'];
const uploadedBytes = paths.length * 5000;

/** What a program says of itself on two topics while it processes all files and is then stopped. */
async function announced(run: (flags: readonly string[]) => Promise<void>): Promise<Announced> {
  const heartbeatTopic = await createTopic(scene.brokers, 'heartbeats', 1);
  const logTopic = await createTopic(scene.brokers, 'logs', 1);
  await run(['--heartbeat-topic', heartbeatTopic, '--log-topic', logTopic]);
  return readAnnounced(scene.brokers, heartbeatTopic, logTopic);
}

async function runOurs(flags: readonly string[]): Promise<void> {
  const ids = ['--heartbeat_program_id', 'lab-1', '--log_program_id', 'lab-1'];
  const intervals = ['--heartbeat_interval_secs', '0.5', '--log_interval_secs', '0.5'];
  const worker = scene.start(program, ...flags, ...ids, ...intervals);
  await scene.waitForResults(worker, paths.length, waitMs);
  worker.send('SIGTERM');
  expect((await worker.exited).code, worker.output()).toBe(0);
}

async function runTheirs(flags: readonly string[]): Promise<void> {
  const produceTopic = await createTopic(scene.brokers, 'metadata', 1);
  await runScript('metadata.py', [
    ...['--brokers', scene.brokers.join(','), '--group', `${scene.groupId}-original`, '--id', 'lab-1'],
    ...['--consume-topic', scene.topic, '--produce-topic', produceTopic, '--count', String(paths.length)],
    ...flags,
  ]);
}

describe.skipIf(whyNoPython !== undefined)('heartbeats and log messages', () => {
  test('are those of the original: keys, fields, their order and their sums', async () => {
    const files = paths.map(path => sentFile(path, seededText(path), 700));
    await scene.sender.send(interleave(files, 4, 1));
    const ours = await announced(runOurs);
    const theirs = await announced(runTheirs);

    expect(shapesOf(ours)).toEqual(shapesOf(theirs));
    expect(shapesOf(ours)).toHaveLength(2);
    expect(sumsOf(ours.heartbeats)).toEqual(sumsOf(theirs.heartbeats));
    expect(sumsOf(ours.heartbeats)).toMatchObject({
      n_bytes_read: uploadedBytes,
      n_messages_produced: paths.length,
    });
    const lines = ours.logs.flatMap(
      ({ value }) => (JSON.parse(value.toString()) as { messages: string[] }).messages,
    );
    expect(lines.filter(line => line.includes('b/c.txt'))).toHaveLength(1);
  }, 120_000);
});

/** Words, as the programs take texts. */
function seededText(path: string): Buffer {
  return Buffer.from(
    seededBytes(path, 5000)
      .toString('latin1')
      .replace(/[^a-z ]/g, ' '),
  );
}
