import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { brokerUnderTest, type BrokerUnderTest } from '../invariants/harness/broker-under-test.js';
import { interleave } from '../invariants/harness/chunk-sender.js';
import { Scene } from '../invariants/harness/scene.js';
import { sentFile } from '../invariants/harness/sent-file.js';
import { seededBytes } from '../invariants/harness/seeded-random.js';
import { TopicReader, type ReadMessage } from '../invariants/harness/topic-reader.js';
import { createTopic } from '../invariants/harness/topics.js';
import { compileProgram } from '../invariants/harness/worker-process.js';
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

interface Announced {
  readonly heartbeats: readonly ReadMessage[];
  readonly logs: readonly ReadMessage[];
}

/** What a program says of itself on two topics while it processes all files and is then stopped. */
async function announced(run: (flags: readonly string[]) => Promise<void>): Promise<Announced> {
  const heartbeatTopic = await createTopic(scene.brokers, 'heartbeats', 1);
  const logTopic = await createTopic(scene.brokers, 'logs', 1);
  await run(['--heartbeat-topic', heartbeatTopic, '--log-topic', logTopic]);
  const [heartbeats, logs] = await Promise.all([heartbeatTopic, logTopic].map(readAll));
  return { heartbeats: heartbeats!, logs: logs! };
}

async function readAll(topic: string): Promise<readonly ReadMessage[]> {
  const reader = await TopicReader.open(scene.brokers, topic);
  const messages = await reader.catchUp();
  await reader.close();
  return messages;
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

/** A message with everything replaced that differs from one run to the next. */
function shapeOf({ key, value, headers }: ReadMessage): unknown {
  const text = value.toString('utf8');
  const shape = text
    .replace(/"timestamp": "\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00"/, '"timestamp": ISO')
    .replace(/"timestamp": \d{10}\.\d+/, '"timestamp": SECONDS')
    .replace(/"messages": \[.*\]/s, '"messages": LIST')
    .replace(/(": )\d+/g, '$1N');
  return { key, shape, headers };
}

function sumsOf(heartbeats: readonly ReadMessage[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { value } of heartbeats) {
    const fields = Object.entries(JSON.parse(value.toString()) as Record<string, number>);
    for (const [name, count] of fields.filter(([field]) => field !== 'timestamp'))
      sums[name] = (sums[name] ?? 0) + count;
  }
  return sums;
}

describe.skipIf(whyNoPython !== undefined)('heartbeats and log messages', () => {
  test('are those of the original: keys, fields, their order and their sums', async () => {
    const files = paths.map(path => sentFile(path, seededText(path), 700));
    await scene.sender.send(interleave(files, 4, 1));
    const ours = await announced(runOurs);
    const theirs = await announced(runTheirs);

    const shapes = ({ heartbeats, logs }: Announced): unknown[] => [
      ...new Set([...heartbeats, ...logs].map(message => JSON.stringify(shapeOf(message)))),
    ];
    expect(shapes(ours)).toEqual(shapes(theirs));
    expect(shapes(ours)).toHaveLength(2);
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
