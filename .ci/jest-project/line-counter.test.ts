/* eslint-disable -- its types come from the package that it is copied beside; the check compiles it there */
/** Tests of somebody who installed the package and uses Jest. Jest runs this file and its copy at the same time, each with its brokers. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  processFile,
  runReproducerInTest,
  TestKafka,
  uploadFiles,
  valuesByFile,
} from 'kafka-reproducer/testing';
import { LineCounter } from './line-counter.js';

let kafka: TestKafka;
beforeEach(async () => {
  kafka = await TestKafka.start();
});
afterEach(() => kafka.stop());

test('counts on a broker', async () => {
  const worker = await runReproducerInTest(LineCounter, { kafka });
  await uploadFiles(kafka, 'texts', { 'a.txt': 'one\ntwo\n' }, { chunkBytes: 3, order: 'reversed' });
  await worker.untilFile('a.txt');
  expect(valuesByFile(await worker.results())).toEqual({ 'a.txt': [2] });
});

test('counts on two brokers at once', async () => {
  const other = await TestKafka.start();
  const counts = await Promise.all(
    [kafka, other].map(async (broker, index) => {
      const worker = await runReproducerInTest(LineCounter, { kafka: broker });
      await uploadFiles(broker, 'texts', { 'a.txt': 'line\n'.repeat(index + 1) });
      await worker.untilFile('a.txt');
      return valuesByFile(await worker.results());
    }),
  );
  expect(counts).toEqual([{ 'a.txt': [1] }, { 'a.txt': [2] }]);
  await other.stop();
});

test('takes its options, and refuses what class-validator does', async () => {
  const file = { path: 'a.txt', bytes: 'one\nthree\n' };
  const { messages } = await processFile(LineCounter, file, { argv: ['--shortest-line', '4'] });
  expect(messages[0]?.json).toBe(1);
  await expect(processFile(LineCounter, file, { argv: ['--shortest-line', '-1'] })).rejects.toThrow(
    '--shortest-line must not be less than 0; found "-1"',
  );
});
