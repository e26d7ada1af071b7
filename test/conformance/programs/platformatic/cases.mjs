/**
 * `node cases.mjs FOLDER HOST:PORT`: runs @platformatic/kafka, which is installed in FOLDER, against a broker and prints one JSON
 * object per case. What a case returns is compared between brokers, so nothing in it may differ from run to run.
 */
import { createRequire } from 'node:module';
import process from 'node:process';
import { clearTimeout, setTimeout } from 'node:timers';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import zlib from 'node:zlib';

const [folder, broker] = process.argv.slice(2);
const { Admin, Consumer, Producer, stringDeserializers, stringSerializers } = await import(
  pathToFileURL(createRequire(`${folder}/`).resolve('@platformatic/kafka')).href
);
const connection = { clientId: 'cases', bootstrapBrokers: [broker] };
const admin = new Admin(connection);
const earliest = -2n;
const latest = -1n;
// The client takes zstd from Node, which has it from version 22.15.
const compressions = ['none', 'gzip', 'snappy', 'lz4', ...('zstdCompress' in zlib ? ['zstd'] : [])];

const cases = {
  async 'creates, lists and deletes topics'() {
    await createTopic('p-made', 3);
    await createTopic('p-gone');
    await admin.deleteTopics({ topics: ['p-gone'] });
    return (await admin.listTopics()).filter(name => name.startsWith('p-')).sort();
  },
  async 'is refused a topic that there is'() {
    return failureOf(admin.createTopics({ topics: ['p-made'], partitions: 1, replicas: 1 }));
  },
  async 'adds partitions'() {
    await admin.createPartitions({ topics: [{ name: 'p-made', count: 5, assignments: null }] });
    const count = async () =>
      (await admin.metadata({ topics: ['p-made'], forceUpdate: true })).topics.get('p-made').partitionsCount;
    await until(async () => (await count()) === 5);
    return count();
  },
  async 'reads and changes settings'() {
    const resource = { resourceType: 2, resourceName: 'p-made' };
    await admin.incrementalAlterConfigs({
      resources: [{ ...resource, configs: [{ name: 'retention.ms', configOperation: 0, value: '60000' }] }],
    });
    const read = async () => {
      const asked = { ...resource, configurationKeys: ['retention.ms', 'cleanup.policy'] };
      const [{ configs }] = await admin.describeConfigs({ resources: [asked] });
      return configs.map(({ name, value, configSource }) => `${name}=${value} ${configSource}`).sort();
    };
    await until(async () => (await read()).some(line => line.startsWith('retention.ms=60000')));
    return read();
  },
  ...Object.fromEntries(
    compressions.map(compression => [
      `sends and reads with compression ${compression}`,
      () => sendAndRead(`p-${compression}`, { compression }),
    ]),
  ),
  async 'sends with an idempotent producer'() {
    return sendAndRead('p-idempotent', { idempotent: true, acks: -1 });
  },
  async 'sends without acknowledgement'() {
    return sendAndRead('p-no-acks', { acks: 0 });
  },
  async 'reads messages of half a megabyte in order'() {
    await createTopic('p-large');
    const producer = newProducer();
    for (let index = 0; index < 12; index++) {
      await producer.send({
        messages: [{ topic: 'p-large', partition: 0, value: `${index} ${'x'.repeat(500_000)}` }],
      });
    }
    await producer.close();
    const messages = await readMessages('p-large', 12);
    return messages.map(({ offset, value }) => `${offset} ${value.split(' ')[0]} ${value.length}`);
  },
  async 'finds offsets by time'() {
    const offsets = timestamp =>
      admin.listOffsets({ topics: [{ name: 'p-large', partitions: [{ partitionIndex: 0, timestamp }] }] });
    const found = await Promise.all([earliest, latest, 0n].map(offsets));
    return found.map(([{ partitions }]) => String(partitions[0].offset));
  },
  async 'deletes records'() {
    const topics = [{ name: 'p-large', partitions: [{ partition: 0, offset: 4n }] }];
    const [{ partitions }] = await admin.deleteRecords({ topics });
    return [String(partitions[0].lowWatermark), String((await readMessages('p-large', 8))[0].offset)];
  },
  async 'goes on where its group has committed'() {
    await createTopic('p-committed');
    await send('p-committed', 0, 10);
    const first = await readMessages('p-committed', 4, { groupId: 'p-committed', commits: true });
    const second = await readMessages('p-committed', 6, { groupId: 'p-committed', commits: true });
    const groups = await admin.listConsumerGroupOffsets({ groups: ['p-committed'] });
    const offset = groups[0].topics[0].partitions[0].committedOffset;
    return [first.length, String(second[0].offset), String(offset)];
  },
  async 'shares partitions between two members'() {
    await createTopic('p-shared', 4);
    const consumers = [newConsumer('p-shared'), newConsumer('p-shared')];
    const streams = [];
    for (const consumer of consumers)
      streams.push(
        await consumer.consume({
          topics: ['p-shared'],
          mode: 'earliest',
          sessionTimeout: 10_000,
          heartbeatInterval: 300,
        }),
      );
    streams.forEach(stream => stream.resume());
    const shares = () => consumers.map(({ assignments }) => assignments?.[0]?.partitions.length ?? 0);
    await until(() => shares().join() === '2,2');
    const described = (await admin.describeGroups({ groups: ['p-shared'] })).get('p-shared');
    const seen = [shares(), described.state, described.protocolType, described.members.size];
    for (const stream of streams) await stream.close();
    for (const consumer of consumers) await consumer.close(true);
    return seen;
  },
  async 'commits and aborts transactions'() {
    await createTopic('p-transactions');
    const producer = newProducer({ transactionalId: 'p-transactions', idempotent: true });
    for (const [value, end] of [
      ['a', 'commit'],
      ['b', 'abort'],
      ['c', 'commit'],
    ]) {
      const transaction = await producer.beginTransaction();
      await transaction.send({ messages: [{ topic: 'p-transactions', partition: 0, value }] });
      await transaction[end]();
    }
    await producer.close();
    const messages = await readMessages('p-transactions', 2, { isolationLevel: 1 });
    return messages.map(({ offset, value }) => `${offset} ${value}`);
  },
  async 'lists groups and deletes them'() {
    await admin.deleteGroups({ groups: ['p-committed'] });
    const names = [...(await admin.listGroups()).keys()];
    return names.includes('p-committed');
  },
  async 'changes and deletes offsets of a group'() {
    const groupId = 'p-set';
    await admin.alterConsumerGroupOffsets({
      groupId,
      topics: [{ name: 'p-committed', partitionOffsets: [{ partition: 0, offset: 3n }] }],
    });
    const first = (await readMessages('p-committed', 1, { groupId }))[0].offset;
    await admin.deleteConsumerGroupOffsets({
      groupId,
      topics: [{ name: 'p-committed', partitionIndexes: [0] }],
    });
    const left = await admin.listConsumerGroupOffsets({ groups: [groupId] });
    return [String(first), left.flatMap(({ topics }) => topics).length];
  },
  async 'keeps quotas'() {
    const entities = [{ entityType: 'client-id', entityName: 'p-quota' }];
    await admin.alterClientQuotas({
      entries: [{ entities, ops: [{ key: 'producer_byte_rate', value: 1_000, remove: false }] }],
    });
    const described = () =>
      admin.describeClientQuotas({
        components: [{ entityType: 'client-id', matchType: 0, match: 'p-quota' }],
      });
    await until(async () => (await described()).length === 1);
    return (await described()).map(({ values }) => values.map(({ key, value }) => `${key}=${value}`));
  },
  async 'looks at folders'() {
    const found = await admin.describeLogDirs({ topics: [{ name: 'p-large', partitions: [0] }] });
    return found.flatMap(({ results }) =>
      results.flatMap(({ topics }) => topics.map(({ name, partitions }) => [name, partitions.length])),
    );
  },
};

async function createTopic(name, partitions = 1) {
  await admin.createTopics({ topics: [name], partitions, replicas: 1 });
  // A real Kafka knows it a moment later.
  await until(
    async () =>
      (await admin.metadata({ topics: [name], forceUpdate: true, autocreateTopics: false })).topics.get(name)
        ?.partitionsCount === partitions,
  );
}

function newProducer(options) {
  return new Producer({ ...connection, serializers: stringSerializers, ...options });
}

function newConsumer(groupId, options) {
  return new Consumer({
    ...connection,
    groupId,
    deserializers: stringDeserializers,
    maxWaitTime: 100,
    ...options,
  });
}

async function send(topic, from, count, options) {
  const producer = newProducer(options);
  const messages = Array.from({ length: count }, (_, index) => ({
    ...{
      topic,
      partition: 0,
      key: `k${from + index}`,
      value: `v${from + index}`,
      headers: { h: String(index) },
    },
  }));
  await producer.send({ messages });
  await producer.close();
}

async function sendAndRead(topic, options) {
  await createTopic(topic);
  await send(topic, 0, 20, options);
  const messages = await readMessages(topic, 20);
  return messages.map(({ offset, key, value, headers }) => `${offset} ${key} ${value} ${headers.get('h')}`);
}

async function readMessages(
  topic,
  count,
  { groupId = `${topic}-readers-${Math.random()}`, commits = false, isolationLevel } = {},
) {
  const consumer = newConsumer(groupId);
  const stream = await consumer.consume({
    topics: [topic],
    mode: 'committed',
    fallbackMode: 'earliest',
    autocommit: false,
    ...(isolationLevel === undefined ? {} : { isolationLevel }),
  });
  const messages = [];
  for await (const message of stream) {
    messages.push(message);
    if (commits) await message.commit();
    if (messages.length === count) break;
  }
  await stream.close().catch(() => undefined);
  await consumer.close(true);
  return messages;
}

async function failureOf(promise) {
  try {
    await promise;
  } catch (error) {
    return describe(error);
  }
  throw new Error('it was not refused');
}

/** What went wrong, at any depth, without the versions of requests: a real Kafka knows newer ones. */
function describe(error) {
  const own = (error.apiId ?? error.message).replaceAll(/\(v\d+\)/g, '');
  return [...new Set([own, ...(error.errors ?? []).map(describe)].flat())].slice(0, 4);
}

async function until(check) {
  const deadline = Date.now() + 30_000;
  while (
    !(await Promise.resolve()
      .then(check)
      .catch(() => false))
  ) {
    if (Date.now() > deadline) throw new Error('was waited for in vain');
    await pause(50);
  }
}

/** A client that waits for ever is a failure too. */
function within(ms, promise) {
  let timer;
  const late = new Promise(
    (_, reject) => (timer = setTimeout(() => reject(new Error(`nothing within ${ms} ms`)), ms)),
  );
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

for (const [test, run] of Object.entries(cases)) {
  let outcome;
  try {
    outcome = { test, hasPassed: true, seen: JSON.stringify(await within(60_000, run())) };
  } catch (error) {
    outcome = { test, hasPassed: false, seen: describe(error).join('; ') };
  }
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
}
process.exit();
