import { beforeEach, describe, expect, it } from 'vitest';
import { DeadLetterTopic } from '../../src/engine/dead-letters/dead-letter-topic.js';
import { TransactionSender } from '../../src/engine/transaction-sender.js';
import { BrokerError } from '../../src/errors.js';
import type { AdminPort, ConsumerPort, KafkaDriver, ProducerPort } from '../../src/kafka/driver.js';
import { deferred } from '../deferred.js';

const forbidden = new BrokerError('no right to write', { retriable: false, isForbidden: true });
const away = new BrokerError('cannot reach Kafka', { retriable: true });
const none = Promise.resolve(undefined);
const message = { topic: 'dead', key: Buffer.from('a'), value: Buffer.from('{}'), headers: {} };

let created: string[];
/** The next requests fail with these, one after the other. */
let sendErrors: Error[];
/** The next ones that do not fail are answered when these are; those after them at once. */
let answers: Promise<void>[];
let topics: string[];
let keys: string[];
let told: string[];

beforeEach(() => {
  created = [];
  sendErrors = [];
  answers = [];
  topics = [];
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
    send: (topic, _partition, records) => {
      const error = sendErrors.shift();
      if (error !== undefined) return Promise.reject(error);
      topics.push(topic);
      keys.push(...records.map(({ key }) => Buffer.from(key!).toString()));
      return answers.shift() ?? Promise.resolve();
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
      onStandIn: topic => told.push(`now on ${topic}`),
      onEnded: () => told.push('ended'),
      onFatal: error => told.push(`fatal: ${error.message}`),
      onLog: ({ level, message: text }) => told.push(`${level}: ${text}`),
    },
  );
}

it('is made, compacted, when it is missing', async () => {
  expect(await open(false).open(none)).toEqual({ isUsed: true });
  expect(created).toEqual(['dead 1 {"cleanup.policy":"compact"}']);
  expect(told).toEqual([]);
});

it('without the right to write is told at once, and not used', async () => {
  sendErrors.push(forbidden);
  expect(await open(false).open(none)).toEqual({ isUsed: false });
  expect(told).toEqual([
    'warn: dead letters are not written to topic dead: no right to write. Files that fail and messages that cannot be used are told in the log only, and their offsets move on',
  ]);
});

it('without the right to write is told at once, and the state topic takes them, if there is one', async () => {
  sendErrors.push(forbidden);
  const topic = open(false);
  expect(await topic.open(Promise.resolve('state'))).toEqual({ isUsed: true, standIn: 'state' });
  expect(told.splice(0)).toEqual([
    'warn: dead letters are not written to topic dead: no right to write. They are kept on the state topic state: reproducer replay --from-state-topic lists them and runs their files again',
  ]);
  topic.send(7, { ...message, topic: 'state' });
  await expect.poll(() => told).toEqual(['dead-lettered 7']);
  expect(topics).toEqual(['state']);
});

it('one that was named ends the worker when it cannot be used', async () => {
  sendErrors.push(forbidden);
  expect(await open(true).open(Promise.resolve('state'))).toEqual({ isUsed: false });
  expect(told).toEqual([
    'fatal: dead letters cannot be written to topic dead: no right to write. --dead-letter-topic none does without',
  ]);
});

it('says when a dead letter is there, and goes on without one that Kafka refuses', async () => {
  const topic = open(false);
  await topic.open(none);
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
  await topic.open(none);
  sendErrors.push(forbidden);
  topic.send(7, message);
  await expect.poll(() => told.at(-1)).toBe('ended');
});

const leftFor = (from: string) =>
  `warn: dead letters are not written to topic ${from}: no right to write. They are kept on the state topic state: reproducer replay --from-state-topic lists them and runs their files again`;

it('goes to the state topic with all that is on its way when the right to write is taken away', async () => {
  const topic = open(false);
  await topic.open(Promise.resolve('state'));
  sendErrors.push(forbidden, forbidden);
  topic.send(7, message);
  topic.send(8, { ...message, key: Buffer.from('b') });
  await expect.poll(() => told).toContain('dead-lettered 8');
  expect(told).toEqual([leftFor('dead'), 'now on state', 'dead-lettered 7', 'dead-lettered 8']);
  topic.send(9, { ...message, key: Buffer.from('c') });
  await expect.poll(() => told).toContain('dead-lettered 9');
  expect(topics.slice(1)).toEqual(['state', 'state', 'state']);
  expect(keys.slice(1)).toEqual(['/dead-letter/a', '/dead-letter/b', '/dead-letter/c']);
});

it('ends when the right to write is taken away on the state topic too', async () => {
  const topic = open(false);
  await topic.open(Promise.resolve('state'));
  sendErrors.push(forbidden, forbidden);
  topic.send(7, message);
  await expect.poll(() => told.at(-1)).toBe('ended');
  expect(told).toEqual([
    leftFor('dead'),
    'now on state',
    'warn: dead letters are not written to topic state: no right to write. Files that fail and messages that cannot be used are told in the log only, and their offsets move on',
    'ended',
  ]);
});

describe('a dead letter that was on its way when the right to write was taken away', () => {
  const letter = (key: string) => ({ ...message, key: Buffer.from(key) });

  /**
   * 7 is on its way to the dead-letter topic, and then 8 is refused there.
   * @param refused what 7 is told when it is answered; default: it is there
   */
  async function refusedMeanwhile(standIn: Promise<string>, refused?: Error) {
    const topic = open(false);
    await topic.open(standIn);
    const answer = deferred();
    const answered = answer.promise.then(() => {
      if (refused !== undefined) throw refused;
    });
    answers.push(answered);
    topic.send(7, letter('a'));
    await expect.poll(() => keys.at(-1)).toBe('a');
    sendErrors.push(forbidden);
    topic.send(8, letter('b'));
    return { topic, answer };
  }

  it('is there when its topic says so, whatever becomes of the copy on the state topic', async () => {
    const copies = [deferred(), deferred()];
    const { answer } = await refusedMeanwhile(Promise.resolve('state'));
    answers.push(...copies.map(({ promise }) => promise));
    await expect.poll(() => topics.slice(2)).toEqual(['state', 'state']);
    expect(told).toEqual([leftFor('dead'), 'now on state']);
    answer.resolve();
    await expect.poll(() => told.slice(2)).toEqual(['dead-lettered 7']);
    for (const copy of copies) copy.resolve();
    await expect.poll(() => told.slice(2)).toEqual(['dead-lettered 7', 'dead-lettered 8']);
  });

  it('may be refused as well: the state topic, to which it goes meanwhile, stays', async () => {
    const copies = [deferred(), deferred()];
    const { answer } = await refusedMeanwhile(Promise.resolve('state'), forbidden);
    answers.push(...copies.map(({ promise }) => promise));
    await expect.poll(() => topics.slice(2)).toEqual(['state', 'state']);
    answer.resolve();
    await new Promise(resolve => setImmediate(resolve));
    for (const copy of copies) copy.resolve();
    await expect.poll(() => told.at(-1)).toBe('dead-lettered 8');
    expect(told).toEqual([leftFor('dead'), 'now on state', 'dead-lettered 7', 'dead-lettered 8']);
  });

  it('does not go to the state topic as well when it is there before that is known to take its place', async () => {
    const standIn = deferred<string>();
    const { answer } = await refusedMeanwhile(standIn.promise);
    answer.resolve();
    await expect.poll(() => told).toEqual(['dead-lettered 7']);
    standIn.resolve('state');
    await expect.poll(() => told.slice(1)).toEqual([leftFor('dead'), 'now on state', 'dead-lettered 8']);
    expect(topics.slice(2)).toEqual(['state']);
    expect(keys.slice(2)).toEqual(['/dead-letter/b']);
  });

  it('waits, with those that come then, until it is known what takes the place of its topic', async () => {
    const standIn = deferred<string>();
    const { topic } = await refusedMeanwhile(standIn.promise);
    await expect.poll(() => sendErrors).toEqual([]);
    topic.send(9, letter('c'));
    await new Promise(resolve => setImmediate(resolve));
    expect(topics).toEqual(['dead', 'dead']);
    standIn.resolve('state');
    await expect.poll(() => keys.slice(2)).toEqual(['/dead-letter/a', '/dead-letter/b', '/dead-letter/c']);
  });
});

describe('exactly once', () => {
  const result = { ...message, topic: 'results' };

  it('a transaction that is forbidden is tried again with the dead letters on the state topic', async () => {
    const topic = open(false);
    await topic.open(Promise.resolve('state'));
    const messages = [result, message];
    expect(topic.placed(messages)).toEqual(messages);
    sendErrors.push(forbidden);
    expect(await topic.makesWay(messages)).toBe(true);
    expect(told).toEqual([leftFor('dead'), 'now on state']);
    const kept = { ...message, topic: 'state', key: Buffer.from('/dead-letter/a') };
    expect(topic.placed(messages)).toEqual([result, kept]);
    expect(await topic.makesWay(topic.placed(messages))).toBe(false);
  });

  it('without a state topic it is tried again without the dead letters', async () => {
    const topic = open(false);
    await topic.open(none);
    sendErrors.push(forbidden);
    expect(await topic.makesWay([message])).toBe(true);
    expect(told.at(-1)).toBe('ended');
    expect(topic.placed([result, message])).toEqual([result]);
  });

  it('a transaction that is forbidden for something else is not', async () => {
    const topic = open(false);
    await topic.open(Promise.resolve('state'));
    expect(await topic.makesWay([result, message])).toBe(false);
    sendErrors.push(forbidden);
    expect(await topic.makesWay([result])).toBe(false);
    expect(told).toEqual([]);
  });

  it('one that was named is not done without', async () => {
    const topic = open(true);
    await topic.open(Promise.resolve('state'));
    sendErrors.push(forbidden);
    expect(await topic.makesWay([message])).toBe(false);
  });

  it('the sender of transactions says failed when it can be tried again, and sends what was made of it', async () => {
    const sent: unknown[] = [];
    const consumer: Pick<ConsumerPort, 'commitTransaction'> = {
      commitTransaction: (_epoch, records) => {
        sent.push(records.map(record => record.topic));
        return sent.length === 2 ? Promise.resolve('committed') : Promise.reject(forbidden);
      },
    };
    const topic = open(false);
    await topic.open(Promise.resolve('state'));
    const producer = { partitionCount: () => Promise.resolve(1), close: () => Promise.resolve() };
    const sender = new TransactionSender(consumer, producer, {
      placed: messages => topic.placed(messages),
      makesWay: messages => topic.makesWay(messages),
      onForbidden: error => told.push(`forbidden: ${error.message}`),
      onTrouble: () => expect.unreachable(),
      onRecovered: () => undefined,
    });
    const command = { kind: 'commit', commitId: 1, epoch: 1, offsets: [], messages: [message] } as const;
    sendErrors.push(forbidden);
    expect(await sender.commit(command)).toEqual({ kind: 'commit-ended', commitId: 1, result: 'failed' });
    expect(await sender.commit(command)).toMatchObject({ result: 'committed' });
    expect(sent).toEqual([['dead'], ['state']]);
    expect(await sender.commit(command)).toBeUndefined();
    expect(told.at(-1)).toBe('forbidden: no right to write');
  });
});

it('tells nothing of what fails because the worker ends', async () => {
  const topic = open(true);
  sendErrors.push(forbidden);
  const opening = topic.open(none);
  await topic.close();
  expect(await opening).toEqual({ isUsed: false });
  expect(told).toEqual([]);
});

it('does not send again what is about partitions that were lost', async () => {
  const topic = open(false);
  await topic.open(none);
  sendErrors.push(away, away);
  topic.send(7, message);
  topic.send(8, { ...message, key: Buffer.from('b') });
  await expect.poll(() => sendErrors).toEqual([]);
  topic.drop([7]);
  await expect.poll(() => told.at(-1)).toBe('dead-lettered 8');
  expect(told).not.toContain('dead-lettered 7');
  expect(keys).toEqual(['/', 'b']);
});
