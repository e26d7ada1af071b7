import { beforeEach, describe, expect, it } from 'vitest';
import { ResultSender, type ResultSenderHandlers } from '../../src/engine/result-sender.js';
import { BrokerError } from '../../src/errors.js';
import type { ProducerPort } from '../../src/kafka/driver.js';
import { FakeClock } from '../processing/fake-clock.js';

const fileCount = 500;
/** Which of them is not there at present. */
let missing: Set<string>;
let asked: string[];
let sentCount: number;
let told: string[];
let produced: number[];
let sender: ResultSender;
let clock: FakeClock;

const producer: ProducerPort = {
  partitionCount: topic => {
    asked.push(topic);
    return missing.has(topic)
      ? Promise.reject(new BrokerError(`topic ${topic} does not exist`, { retriable: true }))
      : Promise.resolve(4);
  },
  send: (_topic, _partition, records) => {
    sentCount += records.length;
    return Promise.resolve();
  },
  close: () => Promise.resolve(),
};

beforeEach(() => {
  clock = new FakeClock();
  [missing, asked, sentCount, told, produced] = [new Set(['results']), [], 0, [], []];
  sender = new ResultSender(producer, handlers(), clock);
});

function handlers(): ResultSenderHandlers {
  return {
    onProduced: workId => produced.push(workId),
    onRefused: (_workId, error) => told.push(`refused: ${error.message}`),
    onForbidden: error => told.push(`forbidden: ${error.message}`),
    onTrouble: error => told.push(`trouble: ${error.message}`),
    onRecovered: () => told.push('recovered'),
  };
}

function send(topic: string, first: number): void {
  for (let workId = first; workId < first + fileCount; workId += 1)
    sender.send(workId, [{ topic, key: null, value: Buffer.from('x'), headers: {} }]);
}

describe('results of many files for a topic that is not there', () => {
  it('wait together: after the first attempts, one file asks for it', async () => {
    send('results', 0);
    await clock.advance(60_000);
    // 0.25, 0.5, 1, 2, 4 and then every 5 seconds.
    expect(asked.length - fileCount).toBeLessThan(20);
    expect(told).toEqual(['trouble: topic results does not exist']);
  });

  it('are all sent once it is there', async () => {
    send('results', 0);
    await clock.advance(10_000);
    missing.clear();
    await clock.advance(5_000);
    expect(produced).toHaveLength(fileCount);
    expect(sentCount).toBe(fileCount);
    expect(told.at(-1)).toBe('recovered');
  });

  it('do not keep those for another topic', async () => {
    send('results', 0);
    await clock.advance(1_000);
    send('others', fileCount);
    await clock.settle();
    expect(produced).toHaveLength(fileCount);
    // What fails still fails.
    expect(told).toHaveLength(1);
  });

  it('are given up when it closes', async () => {
    send('results', 0);
    await clock.advance(1_000);
    const askedCount = asked.length;
    await sender.close();
    expect(clock.timerCount).toBe(0);
    await clock.advance(60_000);
    expect(asked).toHaveLength(askedCount);
  });

  it('are not sent when their partitions are lost, and the others are', async () => {
    send('results', 0);
    await clock.advance(1_000);
    // The one whose turn it is next is among them.
    sender.drop(Array.from({ length: fileCount - 1 }, (_, workId) => workId));
    missing.clear();
    await clock.advance(10_000);
    expect(produced).toEqual([fileCount - 1]);
    expect(sentCount).toBe(1);
    expect(told.at(-1)).toBe('recovered');
  });

  it('are not sent when everything is lost, and what comes later is', async () => {
    send('results', 0);
    await clock.advance(1_000);
    sender.drop('all');
    await clock.advance(10_000);
    missing.clear();
    send('results', fileCount);
    await clock.advance(10_000);
    expect(produced).toHaveLength(fileCount);
    expect(Math.min(...produced)).toBe(fileCount);
    expect(sentCount).toBe(fileCount);
  });
});

describe('results that wait in the producer while their partitions are lost', () => {
  let isAway: boolean;
  /** Answers what is under way. */
  let answer: () => void;

  beforeEach(() => {
    isAway = false;
    const waiting: (() => void)[] = [];
    answer = () => waiting.splice(0).forEach(goOn => goOn());
    const slow: ProducerPort = {
      partitionCount: () => Promise.resolve(1),
      send: async (_topic, _partition, _records, token) => {
        if (isAway) throw new BrokerError('away', { retriable: true });
        await new Promise<void>(resolve => waiting.push(resolve));
        if (token?.isCancelled === true) throw new BrokerError('cancelled', { retriable: true });
      },
      close: () => Promise.resolve(),
    };
    sender = new ResultSender(slow, handlers(), clock);
  });

  it('are no trouble of Kafka, and keep no other result waiting', async () => {
    send('results', 0);
    await clock.settle();
    sender.drop(Array.from({ length: fileCount - 1 }, (_, workId) => workId));
    answer();
    await clock.settle();
    expect(told).toEqual([]);
    expect(produced).toEqual([fileCount - 1]);
    expect(clock.timerCount).toBe(0);
  });

  it('do not hide a trouble that begins later', async () => {
    isAway = true;
    send('results', 0);
    await clock.settle();
    sender.drop('all');
    await clock.advance(10_000);
    isAway = false;
    send('others', fileCount);
    await clock.settle();
    answer();
    await clock.settle();
    expect(produced).toHaveLength(fileCount);
    isAway = true;
    send('others', 2 * fileCount);
    await clock.settle();
    expect(told).toEqual(['trouble: away', 'trouble: away']);
  });
});
