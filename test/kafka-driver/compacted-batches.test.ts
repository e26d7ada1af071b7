import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { Broker } from '../../src/embedded-kafka/broker.js';
import { brokerSettings } from '../../src/embedded-kafka/options.js';
import { KafkaServer } from '../../src/embedded-kafka/server.js';
import type { DecodedRecord } from '../../src/kafka/kafkajs/patches/fetch-rules.js';
import { decodeRecords } from '../../src/kafka/kafkajs/patches/record-batches.js';
import { internals } from '../../src/kafka/kafkajs/kafkajs-internals.js';
import { buildBatch } from '../embedded-kafka/build-batch.js';
import { driverFor, uniqueName } from './brokers.js';
import { consumerOptions, GroupMember } from './group-member.js';
import { waitUntil } from './wait-until.js';

const topic = 'compacted';

/** Batches as compaction leaves them, of so many offsets. No producer may send such ones. */
async function startWithBatches(...stored: readonly { values: readonly string[]; offsetCount: number }[]) {
  const broker = new Broker(brokerSettings({}));
  const server = await KafkaServer.listen(broker, 0);
  const created = broker.topics.create({ name: topic, partitionCount: 1 });
  if (created.kind === 'refused') throw new Error(created.message);
  const { log } = broker.topics.get(topic)!.partitions[0]!;
  // An answer of Kafka ends where a segment does; here each batch has one of its own.
  const read = log.read.bind(log);
  log.read = (offset, _, isFirstWhole, isolation) => read(offset, 1, isFirstWhole, isolation);
  for (const { values, offsetCount } of stored)
    log.append(buildBatch({ values, lastOffsetDelta: offsetCount - 1 }));
  return { server, port: broker.port, driver: driverFor([`127.0.0.1:${broker.port}`]) };
}

const batches = [
  { values: ['a', 'b'], offsetCount: 5 },
  { values: [], offsetCount: 3 },
  { values: ['c'], offsetCount: 1 },
  { values: [], offsetCount: 2 },
];

test('what was compacted away at the end of batches is neither the end of the log nor waited for', async () => {
  const { server, driver } = await startWithBatches(...batches);
  try {
    for (const from of [0n, 1n, 2n, 4n, 5n, 7n, 8n, 9n, 10n]) {
      const found: string[] = [];
      const ends = await driver.readToEnd({
        topic,
        from: new Map([[0, from]]),
        onRecord: ({ offset, value }) => found.push(`${offset}${String(value)}`),
      });
      expect([from, ...found]).toEqual([from, ...['0a', '1b', '8c'].filter(one => BigInt(one[0]!) >= from)]);
      expect(ends).toEqual(new Map([[0, 11n]]));
    }
  } finally {
    await server.close();
  }
});

test('a member of a group reads on behind it', async () => {
  const { server, driver } = await startWithBatches(...batches);
  const member = new GroupMember(driver, consumerOptions(uniqueName('group'), topic));
  try {
    await member.port.start();
    await waitUntil(() => member.records.length === 3);
    expect(member.records.map(({ offset }) => offset)).toEqual([0n, 1n, 8n]);
  } finally {
    await member.port.stop(5_000);
    await server.close();
  }
});

test('single records behind it are found, with those beside them, and those that are gone are named', async () => {
  const { server, driver } = await startWithBatches(...batches);
  const reader = driver.recordReader(topic);
  try {
    const found: bigint[] = [];
    const gone = await reader.read({
      records: new Map([[0, [0n, 3n, 6n, 8n].map(offset => ({ offset, byteLength: 1 }))]]),
      onRecords: (_, records) => found.push(...records.map(({ offset }) => offset)),
    });
    expect(found).toEqual([0n, 1n, 8n]);
    expect(gone).toEqual(new Map([[0, [3n, 6n]]]));
  } finally {
    await reader.close();
    await server.close();
  }
});

test.each([4, 5, 6, 7, 8, 9, 10, 11])('version %d of Fetch', async version => {
  const { server, port } = await startWithBatches(
    { values: ['a'], offsetCount: 3 },
    { values: [], offsetCount: 2 },
  );
  try {
    const partitions = [0n, 3n].map(from => ({ partition: 0, fetchOffset: String(from), maxBytes: 1_000 }));
    const answers = await Promise.all(partitions.map(one => fetchRaw(port, version, one)));
    expect(answers.map(records => records.map(({ offset }) => offset))).toEqual([['0', '2'], ['4']]);
    expect(answers.flat().map(({ isControlRecord = false }) => isControlRecord)).toEqual([false, true, true]);
  } finally {
    await server.close();
  }
});

/** Sends one Fetch of this version, and decodes the answer as kafkajs does. */
async function fetchRaw(port: number, version: number, partition: object): Promise<readonly DecodedRecord[]> {
  const made = internals.requests!['Fetch']!.protocol({ version })({
    ...{ replicaId: -1, isolationLevel: 1, maxWaitTime: 0, minBytes: 0, maxBytes: 10_000, rackId: '' },
    topics: [{ topic, partitions: [partition] }],
  } as never);
  const { buffer: body } = (await made.request.encode()) as unknown as { buffer: Buffer };
  // The length, Fetch, its version, an id for the answer, a client id of no bytes.
  const head = Buffer.alloc(14);
  head.writeInt32BE(10 + body.length, 0);
  head.writeInt16BE(1, 4);
  head.writeInt16BE(version, 6);
  const socket = connect(port, '127.0.0.1');
  try {
    socket.write(Buffer.concat([head, body]));
    const pieces: Buffer[] = [];
    for (let isWhole = false; !isWhole;) {
      pieces.push(...((await once(socket, 'data')) as Buffer[]));
      const all = Buffer.concat(pieces);
      isWhole = all.length >= 4 && all.length === 4 + all.readInt32BE(0);
    }
    const answer = (await made.response.decode(Buffer.concat(pieces).subarray(8))) as {
      responses: { partitions: { messages: DecodedRecord[] }[] }[];
    };
    return answer.responses[0]!.partitions[0]!.messages;
  } finally {
    socket.destroy();
  }
}

test('only batches that were decoded count', async () => {
  const [first, second] = [
    buildBatch({ values: ['a'], lastOffsetDelta: 2 }),
    buildBatch({ values: ['b'], lastOffsetDelta: 1 }),
  ];
  second.writeBigInt64BE(3n);
  const offsetsOf = async (records: Buffer, from = 0n, most?: number): Promise<string[]> =>
    (await decodeRecords(records, from, most)).map(({ offset }) => offset);
  const both = Buffer.concat([first, second]);
  expect(await offsetsOf(both)).toEqual(['0', '3', '4']);
  // Cut off by the broker, where it has its head and where it has not.
  expect(await offsetsOf(both.subarray(0, both.length - 1))).toEqual(['0', '2']);
  expect(await offsetsOf(both.subarray(0, first.length + 20))).toEqual(['0', '2']);
  expect(await offsetsOf(Buffer.alloc(0))).toEqual([]);
  expect(await offsetsOf(buildBatch({ values: ['a', 'b'] }))).toEqual(['0', '1']);
  // Not all of a batch is wanted: before, behind, and where only what was compacted away is left.
  expect(await offsetsOf(both, 0n, 1)).toEqual(['0']);
  expect(await offsetsOf(both, 2n)).toEqual(['3', '4']);
  expect(await offsetsOf(both, 4n)).toEqual(['4']);
});
