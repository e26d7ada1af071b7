import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { EngineListener, EngineOptions } from '../../src/engine/engine.js';
import { BrokerError } from '../../src/errors.js';
import { EngineRunner } from '../../src/engine/engine-runner.js';
import type {
  AdminPort,
  CancellationToken,
  ConsumerHandlers,
  ConsumerPort,
  KafkaDriver,
  ProducerPort,
  RawRecord,
} from '../../src/kafka/driver.js';
import type { FileReady } from '../../src/processing/file-work.js';
import { until } from '../../src/testing/until.js';
import { encodeChunk } from '../../src/wire/encode-chunk.js';
import { splitFile } from '../../src/wire/split-file.js';

const [letters, states, results] = ['letters', 'states', 'results'];

interface HeldSend {
  readonly topic: string;
  readonly key: string;
  readonly token: CancellationToken;
}

/** Says that this worker reads a partition; nothing is processed before it is on the topic. */
const readingNote = '/reading/';

/** A driver whose topics of records and letters take nothing but what the worker says of itself. */
function stubDriver() {
  const held: HeldSend[] = [];
  let handlers: ConsumerHandlers | undefined;
  const done = () => Promise.resolve();
  const producer: ProducerPort = {
    send: (topic, _, [record], token) => {
      const key = Buffer.from(record!.key ?? []).toString();
      if (token === undefined || topic === results || key.startsWith(readingNote)) return done();
      held.push({ topic, key, token });
      return new Promise(() => undefined);
    },
    partitionCount: () => Promise.resolve(1),
    close: done,
  };
  const admin: Partial<AdminPort> = {
    describeTopic: () => Promise.resolve(null),
    createTopic: () => Promise.resolve('created'),
    close: done,
  };
  const consumer: Partial<ConsumerPort> = {
    start: done,
    pause: () => undefined,
    resume: () => undefined,
    commit: () => Promise.resolve('committed'),
    stop: done,
  };
  const driver: Partial<KafkaDriver> = {
    consumer: (_, given) => {
      handlers = given;
      return consumer as ConsumerPort;
    },
    producer: () => producer,
    readToEnd: () => Promise.resolve(new Map()),
    connectionTrouble: () => undefined,
    admin: () => Promise.resolve(admin as AdminPort),
  };
  return { driver: driver as KafkaDriver, held, handlers: () => handlers! };
}

const engineOptions = (outputDir: string): EngineOptions => ({
  name: 'Copy',
  options: {
    connection: { clientId: 'c', brokers: [], connectionTimeoutMs: 1_000, requestTimeoutMs: 1_000 },
    ...{ consumeTopic: 'chunks', produceTopic: results, deadLetterTopic: letters, stateTopic: states },
    ...{ groupId: 'g', startFrom: 'earliest', delivery: 'at-least-once', placement: 'by-file' },
    ...{ sessionTimeoutMs: 1_000, heartbeatIntervalMs: 100, rebalanceTimeoutMs: 1_000 },
    ...{ metadataMaxAgeMs: 60_000, chunkBytes: 20, maxBytesPerPartition: 1_000, maxBytes: 1_000 },
    ...{ maxWaitMs: 100, concurrency: 1, attempts: 1, backoffMs: 0, drainTimeoutMs: 3_000 },
    ...{ mode: 'memory', outputDir, memoryBudgetBytes: 1_000_000, incompleteAfterMs: 86_400_000 },
    limits: {
      ...{ maxFileBytes: 2 ** 20, maxChunkCount: 1_000, maxChunkBytes: 1_000 },
      ...{ maxOpenFiles: 1_000, maxPathBytes: 1_000 },
    },
    ...{ compression: 'none', logLevel: 'silent', logFileLevel: 'silent' },
  },
});

it('records and dead letters of lost partitions that wait for their turn are not sent any more', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'engine-runner-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { driver, held, handlers } = stubDriver();
  const ready: FileReady[] = [];
  const nothing = () => undefined;
  const listener: EngineListener = {
    ...{ onDiscard: nothing, onReport: nothing, onProgress: nothing, onLog: nothing, onContent: nothing },
    onFileReady: file => void ready.push(file),
  };
  const runner = new EngineRunner(engineOptions(folder), listener, driver);
  handlers().onAssigned({ epoch: 1, kept: [], added: [0], lost: [] });
  handlers().onCommittedOffset(1, { partition: 0, offset: null, metadata: null });
  const file = { filename: 'file.txt', bytes: Buffer.from('content') };
  const values = [Buffer.from('no chunk'), ...[...splitFile(file)].map(chunk => encodeChunk(chunk))];
  const records = values.map((value, at): RawRecord => ({
    offset: BigInt(at),
    timestampMs: 0,
    key: null,
    value,
  }));
  handlers().onRecords(1, 0, records, BigInt(records.length), BigInt(records.length));
  await until('the file', () => ready.length === 1);
  const message = { topic: results, key: null, value: Buffer.from('result'), headers: {} };
  const outcome = { kind: 'done', messages: [message] } as const;
  runner.settle({ workId: ready[0]!.workId, outcome, attempts: 1, processingMs: 1 });
  await until('both', () => held.length === 2);
  const waiting = () => held.map(({ topic, key, token }) => [topic, key, token.isCancelled]);
  expect(waiting()).toEqual([
    [letters, 'g/chunks[0]@0', false],
    [states, 'file.txt', false],
  ]);
  handlers().onAssigned({ epoch: 2, kept: [], added: [], lost: [0] });
  expect(waiting()).toEqual([
    [letters, 'g/chunks[0]@0', true],
    [states, 'file.txt', true],
  ]);
  runner.stop();
  expect(await runner.ended).toMatchObject({ kind: 'drained' });
});

it('that Kafka cannot be reached is told while the client still tries, and that it can be once it is', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'engine-runner-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { driver, handlers } = stubDriver();
  let trouble: BrokerError | undefined = new BrokerError('cannot reach Kafka at k:1', { retriable: true });
  const lines: string[] = [];
  const nothing = () => undefined;
  const listener: EngineListener = {
    ...{
      onDiscard: nothing,
      onReport: nothing,
      onProgress: nothing,
      onContent: nothing,
      onFileReady: nothing,
    },
    onLog: ({ message }) => void lines.push(message),
  };
  const away = { ...driver, connectionTrouble: () => trouble };
  const runner = new EngineRunner(engineOptions(folder), listener, away);
  await until('the warning', () => lines.length > 0);
  expect(lines).toEqual(['cannot reach Kafka at k:1; reading goes on by itself as soon as it can']);
  trouble = undefined;
  handlers().onAssigned({ epoch: 1, kept: [], added: [], lost: [] });
  expect(lines[1]).toMatch(/^reading goes on, after \d+ s$/);
  runner.stop();
  await runner.ended;
});
