import kafkajs, { type Producer, type Transaction } from 'kafkajs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { markAborted } from '../../src/kafka/kafkajs/patches/aborted-records.js';
import type { AbortedTransaction, DecodedRecord } from '../../src/kafka/kafkajs/patches/fetch-rules.js';
import { createTopic, uniqueName, useTestBroker } from './brokers.js';

const broker = useTestBroker();

test('of transactions that overlap only what was committed is read, wherever reading starts', async () => {
  const topic = await createTopic(broker.driver, 1);
  const kafka = new kafkajs.Kafka({ brokers: [...broker.brokers], logLevel: kafkajs.logLevel.NOTHING });
  const producers: Producer[] = [];
  const begin = async (): Promise<Transaction> => {
    const producer = kafka.producer({ transactionalId: uniqueName('id'), maxInFlightRequests: 1 });
    producers.push(producer);
    await producer.connect();
    return producer.transaction();
  };
  const send = (to: Transaction, value: string) =>
    to.send({ topic, messages: [{ key: Buffer.alloc(4), value }] });
  const [first, second, third] = [await begin(), await begin(), await begin()];
  for (const transaction of [first, second, third, first, second, third]) {
    const value = transaction === third ? 'committed' : 'aborted';
    await send(transaction, value);
  }
  await first.abort();
  await third.commit();
  await second.abort();
  for (const producer of producers) await producer.disconnect();
  for (const [from, count] of [
    [0, 2],
    [1, 2],
    [3, 1],
    [4, 1],
    [6, 0],
  ] as const) {
    const values: string[] = [];
    await broker.driver.readToEnd({
      topic,
      from: new Map([[0, BigInt(from)]]),
      onRecord: ({ value }) => values.push(value!.toString()),
    });
    expect([from, ...values]).toEqual([from, ...Array<string>(count).fill('committed')]);
  }
});

/** A log of transactions side by side, each ended by a control record, and what of it was aborted. */
const history = fc.array(
  fc.record({
    producerId: fc.constantFrom('1', '2', '3'),
    act: fc.constantFrom('send', 'send', 'commit', 'abort'),
  }),
  { maxLength: 40 },
);

test('exactly the records of aborted transactions are hidden, in every part of a log', () => {
  fc.assert(
    fc.property(history, fc.nat(40), (acts, start) => {
      const open = new Map<string, number>();
      const ended: { producerId: string; first: number; end: number; isAborted: boolean }[] = [];
      const log = acts.map(({ producerId, act }, at): DecodedRecord => {
        const first = open.get(producerId);
        if (act === 'send') open.set(producerId, first ?? at);
        else if (first !== undefined) {
          ended.push({ producerId, first, end: at, isAborted: act === 'abort' });
          open.delete(producerId);
        }
        const isControlRecord = act !== 'send';
        return { offset: String(at), isControlRecord, batchContext: { producerId, inTransaction: true } };
      });
      const aborted = ended
        .filter(({ isAborted, end }) => isAborted && end >= start)
        .map(({ producerId, first }): AbortedTransaction => ({ producerId, firstOffset: String(first) }));
      const part = log.slice(start);
      markAborted(part, aborted);
      const shown = part
        .filter(({ isControlRecord }) => isControlRecord !== true)
        .map(({ offset }) => offset);
      const right = acts.flatMap(({ producerId, act }, at) => {
        const isAborted = ended.some(
          one => one.isAborted && one.producerId === producerId && one.first <= at && at < one.end,
        );
        return at < start || act !== 'send' || isAborted ? [] : [String(at)];
      });
      expect(shown).toEqual(right);
    }),
  );
});
