import { beforeEach, expect, it } from 'vitest';
import { DeadLetterTopic } from '../../src/engine/dead-letters/dead-letter-topic.js';
import { BrokerError } from '../../src/errors.js';
import type { AdminPort, KafkaDriver, ProducerPort } from '../../src/kafka/driver.js';

const forbidden = new BrokerError('no right to write', { retriable: false, isForbidden: true });
const message = { topic: 'dead', key: Buffer.from('a'), value: Buffer.from('{}'), headers: {} };

let created: string[];
let sendErrors: Error[];
let keys: string[];
let told: string[];

beforeEach(() => {
  created = [];
  sendErrors = [];
  keys = [];
  told = [];
});

function open(isRequired: boolean): DeadLetterTopic {
  const admin: Partial<AdminPort> = {
    describeTopic: () => Promise.resolve(null),
    createTopic: (topic, partitions, config) => {
      created.push(`${topic} ${partitions} ${JSON.stringify(config)}`);
      return Promise.resolve('created');
    },
    close: () => Promise.resolve(),
  };
  const producer: ProducerPort = {
    send: (_topic, _partition, records) => {
      const error = sendErrors.shift();
      if (error !== undefined) return Promise.reject(error);
      keys.push(...records.map(({ key }) => Buffer.from(key!).toString()));
      return Promise.resolve();
    },
    partitionCount: () => Promise.resolve(1),
    close: () => Promise.resolve(),
  };
  const driver = { admin: () => Promise.resolve(admin), producer: () => producer } as unknown as KafkaDriver;
  return new DeadLetterTopic(
    driver,
    { deadLetterTopic: 'dead', isRequired },
    {
      onDeadLettered: workId => told.push(`dead-lettered ${workId}`),
      onEnded: () => told.push('ended'),
      onFatal: error => told.push(`fatal: ${error.message}`),
      onLog: ({ level, message: text }) => told.push(`${level}: ${text}`),
    },
  );
}

it('is made, compacted, when it is missing', async () => {
  expect(await open(false).open()).toBe(true);
  expect(created).toEqual(['dead 1 {"cleanup.policy":"compact"}']);
  expect(told).toEqual([]);
});

it('without the right to write is told at once, and not used', async () => {
  sendErrors.push(forbidden);
  expect(await open(false).open()).toBe(false);
  expect(told).toEqual([
    'warn: dead letters are not written to topic dead: no right to write. Files that fail and messages that cannot be used are told in the log only, and their offsets move on',
  ]);
});

it('one that was named ends the worker when it cannot be used', async () => {
  sendErrors.push(forbidden);
  expect(await open(true).open()).toBe(false);
  expect(told).toEqual([
    'fatal: dead letters cannot be written to topic dead: no right to write. --dead-letter-topic none does without',
  ]);
});

it('says when a dead letter is there, and goes on without one that Kafka refuses', async () => {
  const topic = open(false);
  await topic.open();
  topic.send(7, message);
  await expect.poll(() => told).toEqual(['dead-lettered 7']);
  expect(keys).toEqual(['/', 'a']);
  sendErrors.push(new BrokerError('too large', { retriable: false }));
  topic.send(8, message);
  await expect
    .poll(() => told.slice(1))
    .toEqual(['error: a dead letter could not be written: too large', 'dead-lettered 8']);
});

it('ends when the right to write is taken away', async () => {
  const topic = open(false);
  await topic.open();
  sendErrors.push(forbidden);
  topic.send(7, message);
  await expect.poll(() => told.at(-1)).toBe('ended');
});
