import { setTimeout as delay } from 'node:timers/promises';
import { KafkaJSConnectionError } from 'kafkajs';
import { expect, test } from 'vitest';
import { IdempotentTransport } from '../../src/kafka/kafkajs/idempotent-transport.js';
import { PartitionProducer } from '../../src/kafka/kafkajs/partition-producer.js';
import type { ProducerClient } from '../../src/kafka/kafkajs/producer-client.js';
import { FakeClock } from '../processing/fake-clock.js';
import { createTopic, driverFor, isRealKafka, startRestartableBroker } from './brokers.js';
import { loseAnswers } from './next-request.js';
import { numbered, sendTexts } from './send-texts.js';
import { waitUntil } from './wait-until.js';

/** For so long kafkajs tries to connect. */
const connectMs = 4_000;
const unreachable = new KafkaJSConnectionError('connection refused');
const transient = Object.assign(new Error('not now'), { type: 'NOT_ENOUGH_REPLICAS' });

/** Clients of which each answers as a test says, after some seconds. */
function openScene({ hasConnected = true }: { readonly hasConnected?: boolean } = {}) {
  const clock = new FakeClock();
  const answers: (Error | 'taken')[] = [];
  const sends: { client: number; atMs: number }[] = [];
  let clientCount = 0;
  const transport = new IdempotentTransport(() => {
    clientCount += 1;
    const client = clientCount;
    const stub: Pick<ProducerClient, 'send' | 'retire' | 'hasConnected'> = {
      hasConnected,
      retire: () => Promise.resolve(),
      send: async () => {
        sends.push({ client, atMs: clock.now() });
        await clock.sleep(connectMs);
        const answer = answers.shift() ?? unreachable;
        if (answer !== 'taken') throw answer;
      },
    };
    return stub as ProducerClient;
  }, clock);
  /** @returns its failure */
  const send = async (): Promise<unknown> => {
    const sending = transport.send('results', 0, []).catch((error: unknown) => error);
    await clock.runAll();
    return sending;
  };
  return { answers, sends, send, transport, clock };
}

test('what is sent again while no broker can be reached keeps its producer', async () => {
  const { answers, sends, send } = openScene();
  answers.push(unreachable, unreachable, 'taken');
  expect(await send()).toBeUndefined();
  answers.push('taken');
  expect(await send()).toBeUndefined();
  expect(sends.map(({ client }) => client)).toEqual([1, 1, 1, 1]);
});

test('it is given up after 30 s, and what is sent next has another producer', async () => {
  const { answers, sends, send } = openScene();
  expect(await send()).toBe(unreachable);
  expect(sends.map(({ atMs }) => atMs)).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map(at => at * 4_250));
  answers.push('taken');
  expect(await send()).toBeUndefined();
  expect(sends.at(-1)).toMatchObject({ client: 2 });
});

test('nor is it waited for at the end', async () => {
  const { sends, transport, clock } = openScene();
  const { brokers, createClient } = { brokers: [], createClient: () => expect.unreachable() };
  const producer = new PartitionProducer(transport, { brokers, createClient });
  const sending = expect(sendTexts(producer, 'results', 0, ['text'])).rejects.toThrow('connection refused');
  await clock.advance(connectMs + 1_000);
  const closing = producer.close();
  await clock.runAll();
  await Promise.all([sending, closing]);
  expect(sends.map(({ atMs }) => atMs)).toEqual([0, 4_250]);
});

test('a Kafka that was never reached is told of at once', async () => {
  const { sends, send } = openScene({ hasConnected: false });
  expect(await send()).toBe(unreachable);
  expect(sends).toHaveLength(1);
});

test('what a broker has answered is told at once', async () => {
  const { answers, sends, send } = openScene();
  answers.push(transient);
  expect(await send()).toBe(transient);
  expect(sends).toHaveLength(1);
});

test('a batch whose answer is lost with the only broker is on the topic once when it is back', async () => {
  const broker = await startRestartableBroker();
  const driver = driverFor(broker.brokers);
  const topic = await createTopic(driver, 1);
  const producer = driver.producer();
  try {
    await sendTexts(producer, topic, 0, ['first']);
    const lost = loseAnswers('Produce');
    const sending = sendTexts(producer, topic, 0, numbered('second', 3));
    await waitUntil(() => lost.count > 0).finally(lost.stop);
    await broker.goAway();
    // Longer than kafkajs tries to connect; Apache Kafka takes as long to start.
    if (!isRealKafka) await delay(6_000);
    await broker.comeBack();
    await sending;
    const values: string[] = [];
    const onRecord = ({ value }: { value: Buffer | null }): void => void values.push(String(value));
    await driver.readToEnd({ topic, from: new Map(), onRecord });
    expect(values).toEqual(['first', ...numbered('second', 3)]);
  } finally {
    await producer.close();
    await broker.stop();
  }
});
