import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runReproducerInTest, TestKafka, until, uploadFiles } from '../../src/testing/index.js';
import { LineCounter } from './line-counter.js';

let kafka: TestKafka;
beforeEach(async () => {
  kafka = await TestKafka.start();
});
afterEach(() => kafka.stop());

describe('TestKafka', () => {
  it('runs beside others, with topics of its own', async () => {
    const others = await Promise.all(
      [1, 2, 3].map(count => TestKafka.start({ topics: { [`t${count}`]: count } })),
    );
    expect(others.map(each => each.topics())).toEqual([['t1'], ['t2'], ['t3']]);
    expect(new Set(others.map(({ port }) => port)).size).toBe(3);
    await Promise.all(others.map(each => each.stop()));
  });

  it('waits for messages, and says how many there are', async () => {
    const waiting = kafka.untilMessages('texts', 2);
    await uploadFiles(kafka, 'texts', { 'a.txt': 'x', 'b.txt': 'y' });
    await waiting;
    await expect(kafka.untilMessages('texts', 3, { timeoutMs: 20 })).rejects.toThrow(
      'not reached within 20 ms: 3 messages on texts; there are 2',
    );
  });

  it('ends the session of a silent worker when time is moved', async () => {
    const worker = await runReproducerInTest(LineCounter, { kafka, sessionTimeout: '30s' });
    await until('a member', () => kafka.group('LineCounter')?.state === 'Stable');
    const [member] = kafka.group('LineCounter')!.members;
    kafka.advance(31_000);
    expect(kafka.group('LineCounter')!.members).toEqual([]);
    await until('a new member', () => kafka.group('LineCounter')!.state === 'Stable');
    expect(kafka.group('LineCounter')!.members[0]!.memberId).not.toBe(member!.memberId);
    await uploadFiles(kafka, 'texts', { 'a.txt': 'x' });
    await worker.untilFile('a.txt');
  });
});
