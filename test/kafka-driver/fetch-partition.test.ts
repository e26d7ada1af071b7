import { expect, it } from 'vitest';
import { BrokerError } from '../../src/errors.js';
import { fetchPartition } from '../../src/kafka/kafkajs/fetch-partition.js';
import type { FetchedPartition, LeadingBroker } from '../../src/kafka/kafkajs/kafkajs-internals.js';

type Answer = Awaited<ReturnType<LeadingBroker['fetch']>>;

const records = { partition: 3, highWatermark: '8' } as unknown as FetchedPartition;
const answered: Answer = { responses: [{ partitions: [records] }] };
/** As Kafka 4.1 says that the client's quota is used up. */
const throttled: Answer = { responses: [], throttleTime: 0, clientSideThrottleTime: 700 };

const asked = { topic: 'chunks', partition: 3, offset: 7n, maxBytes: 1_000, maxWaitMs: 100, minBytes: 1 };

/** Gives these answers, one after the other. */
function brokerWith(...answers: readonly Answer[]) {
  const requests: unknown[] = [];
  const broker: LeadingBroker = {
    fetch: request => {
      requests.push(request);
      const answer = answers[requests.length - 1];
      return answer === undefined ? Promise.reject(new Error('asked too often')) : Promise.resolve(answer);
    },
  };
  return { broker, requests };
}

it('asks for the same again while a quota holds the records back', async () => {
  const { broker, requests } = brokerWith(throttled, { ...throttled, throttleTime: 5 }, answered);
  expect(await fetchPartition(broker, asked)).toBe(records);
  expect(requests).toHaveLength(3);
  expect(requests[2]).toEqual(requests[0]);
});

it('does not ask for ever where the answer is empty for no reason', async () => {
  const { broker } = brokerWith({ responses: [] });
  const failure = await fetchPartition(broker, asked).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(BrokerError);
  expect(failure).toMatchObject({ retriable: true });
  expect(String(failure)).toContain('chunks[3]');
});

it('stops asking when nobody wants it any more', async () => {
  const stop = new AbortController();
  const reason = new Error('the worker ends');
  const { broker, requests } = brokerWith(throttled, throttled, answered);
  const first = broker.fetch.bind(broker);
  broker.fetch = request => {
    stop.abort(reason);
    return first(request);
  };
  await expect(fetchPartition(broker, { ...asked, signal: stop.signal })).rejects.toBe(reason);
  expect(requests).toHaveLength(1);
});
