import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { BrokerError } from '../../src/errors.js';
import type { OutgoingRecord } from '../../src/kafka/driver.js';
import { PartitionSender } from '../../src/kafka/kafkajs/partition-sender.js';

const recordOf = (text: string): OutgoingRecord => ({ key: null, value: Buffer.from(text), headers: {} });
const textOf = ({ value }: OutgoingRecord): string => Buffer.from(value!).toString();
const limits = { maxBytes: 1_000, maxRecordCount: 3 };

function tooLarge(): Error {
  return Object.assign(new Error('too large'), { type: 'MESSAGE_TOO_LARGE' });
}

test('joins the calls that wait, up to the limits, and sends one batch at a time', async () => {
  const batches: string[][] = [];
  let underWay = 0;
  const sender = new PartitionSender(async records => {
    underWay += 1;
    expect(underWay).toBe(1);
    batches.push(records.map(textOf));
    await Promise.resolve();
    underWay -= 1;
  }, limits);
  await Promise.all(['a', 'b', 'c', 'd'].map(text => sender.send([recordOf(text)])));
  expect(batches).toEqual([['a', 'b', 'c'], ['d']]);
  await sender.send(['e', 'f', 'g', 'h'].map(recordOf));
  expect(batches.at(-1)).toEqual(['e', 'f', 'g', 'h']);
  await Promise.all(['x'.repeat(600), 'y'.repeat(600)].map(text => sender.send([recordOf(text)])));
  expect(batches).toHaveLength(5);
});

test('a refused record fails its own call only', async () => {
  const sender = new PartitionSender(
    records =>
      records.some(record => textOf(record) === 'bad') ? Promise.reject(tooLarge()) : Promise.resolve(),
    limits,
  );
  const results = await Promise.allSettled(['a', 'bad', 'c'].map(text => sender.send([recordOf(text)])));
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

test('a failure that says nothing about the records fails all calls of the batch and is not repeated', async () => {
  let sendCount = 0;
  const sender = new PartitionSender(() => {
    sendCount += 1;
    return Promise.reject(new BrokerError('away', { retriable: true }));
  }, limits);
  const results = await Promise.allSettled(['a', 'b'].map(text => sender.send([recordOf(text)])));
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(sendCount).toBe(1);
});

test('calls that are cancelled while they wait are not sent', async () => {
  const batches: string[][] = [];
  let answer: () => void = () => undefined;
  const sender = new PartitionSender(records => {
    batches.push(records.map(textOf));
    return new Promise(resolve => (answer = resolve));
  }, limits);
  const token = { isCancelled: false };
  const first = sender.send([recordOf('a')], token);
  await Promise.resolve();
  const others = [sender.send([recordOf('b')], token), sender.send([recordOf('c')])];
  token.isCancelled = true;
  const settled = Promise.allSettled([first, ...others]);
  answer();
  await first;
  await vi.waitFor(() => expect(batches).toHaveLength(2));
  answer();
  expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(batches).toEqual([['a'], ['c']]);
  await sender.idle();
});

test('every call is sent once and in order, however calls and answers interleave', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.integer({ min: 1, max: 12 }), async (scheduler, callCount) => {
      const sent: string[] = [];
      const sender = new PartitionSender(async records => {
        await scheduler.schedule(Promise.resolve());
        sent.push(...records.map(textOf));
      }, limits);
      // Each call is made at some time, also right when an earlier one is answered.
      let lastMade: Promise<unknown> = Promise.resolve();
      const calls = Array.from({ length: callCount }, (_, n) => {
        lastMade = lastMade.then(() => scheduler.schedule(Promise.resolve()));
        return lastMade.then(() => sender.send([recordOf(String(n))]));
      });
      await scheduler.waitFor(Promise.all(calls));
      await sender.idle();
      expect(sent).toEqual(Array.from({ length: callCount }, (_, n) => String(n)));
    }),
  );
});

test('a call made in the very turn in which the one before is answered is sent', async () => {
  const sent: string[] = [];
  const sender = new PartitionSender(records => {
    sent.push(...records.map(textOf));
    return Promise.resolve();
  }, limits);
  for (const text of ['a', 'b', 'c']) await sender.send([recordOf(text)]);
  expect(sent).toEqual(['a', 'b', 'c']);
});
