import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Broker } from '../../src/embedded-kafka/broker.js';
import { brokerSettings } from '../../src/embedded-kafka/options.js';
import { KafkaServer } from '../../src/embedded-kafka/server.js';
import type { KafkaDriver, RawRecord } from '../../src/kafka/driver.js';
import { registerCompressionCodecs } from '../../src/kafka/kafkajs/compression.js';
import { internals, type WireDecoder } from '../../src/kafka/kafkajs/kafkajs-internals.js';
import { decodeRecords } from '../../src/kafka/kafkajs/patches/record-batches.js';
import { type BatchOptions, buildBatch } from '../embedded-kafka/build-batch.js';
import { driverFor, uniqueName } from './brokers.js';
import { consumerOptions, GroupMember } from './group-member.js';
import { waitUntil } from './wait-until.js';

const headBytes = 61;

/** Compresses the records of a batch with gzip. */
function compressed(batch: Buffer): Buffer {
  const made = Buffer.concat([batch.subarray(0, headBytes), gzipSync(batch.subarray(headBytes))]);
  made.writeInt32BE(made.length - 12, 8);
  made.writeInt16BE(made.readInt16BE(21) | 1, 21);
  return made;
}

function batchAt(offset: bigint, options: BatchOptions): Buffer {
  const batch = buildBatch(options);
  batch.writeBigInt64BE(offset);
  return batch;
}

const kafkajsDecodes = createRequire(import.meta.url)(
  'kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js',
) as (set: WireDecoder) => Promise<unknown[]>;

test('records are what kafkajs makes of them', async () => {
  registerCompressionCodecs();
  const timed = { firstTimestamp: 1_700_000_000_000n, timestampStepMs: 7n };
  const atAppend = batchAt(20n, { ...timed, values: ['h', 'i'] });
  atAppend.writeInt16BE(8, 21);
  const set = Buffer.concat([
    batchAt(0n, { ...timed, values: ['a', '', 'c'], key: 'key' }),
    compressed(batchAt(3n, { values: ['d', 'e'], producerId: 5n, producerEpoch: 2, isTransactional: true })),
    batchAt(5n, { values: ['end'], producerId: 5n, isTransactional: true, isControl: true }),
    batchAt(2n ** 40n, { ...timed, values: ['f'.repeat(300), 'g'], baseSequence: 9 }),
    atAppend,
  ]);
  const length = Buffer.alloc(4);
  length.writeInt32BE(set.length);
  const expected = await kafkajsDecodes(new internals.Decoder!(Buffer.concat([length, set])));
  expect(expected).toHaveLength(10);
  expect(await decodeRecords(set, 0n)).toEqual(expected);
});

test.each([1, 2, 3, 100])('%d records at a time are all records, each once', async most => {
  const set = Buffer.concat([
    batchAt(0n, { values: ['a', 'b', 'c', 'd', 'e'], lastOffsetDelta: 6, timestampStepMs: 1_000_000n }),
    compressed(batchAt(7n, { values: ['f', 'g'] })),
  ]);
  const found: string[] = [];
  for (let from = 0n; from < 9n;) {
    const records = await decodeRecords(set, from, most);
    const shown = records.filter(({ isControlRecord }) => isControlRecord !== true);
    expect(shown.length).toBeLessThanOrEqual(most);
    found.push(...shown.map(({ offset }) => offset));
    from = BigInt(records.at(-1)!.offset) + 1n;
  }
  expect(found).toEqual(['0', '1', '2', '3', '4', '7', '8']);
});

describe('a batch of a million records', () => {
  const topics = ['plain', 'compressed'];
  const count = 1_000_000;
  let server: KafkaServer;
  let driver: KafkaDriver;

  beforeAll(async () => {
    const broker = new Broker(brokerSettings({}));
    server = await KafkaServer.listen(broker, 0);
    driver = driverFor([`127.0.0.1:${broker.port}`]);
    const batch = buildBatch({ values: Array.from({ length: count }, () => '') });
    for (const [name, stored] of [
      ['plain', batch],
      ['compressed', compressed(batch)],
    ] as const) {
      const created = broker.topics.create({ name, partitionCount: 1 });
      if (created.kind === 'refused') throw new Error(created.message);
      const { log } = broker.topics.get(name)!.partitions[0]!;
      log.append(stored);
      log.append(buildBatch({ values: ['behind'] }));
    }
  });
  afterAll(() => server.close());

  test.each(topics)('is read by a member of a group, and what is behind it: %s', async topic => {
    const sizes: number[] = [];
    let next = 0n;
    class Counting extends GroupMember {
      override onRecords(_: number, __: number, records: readonly RawRecord[], nextOffset: bigint): void {
        sizes.push(records.length);
        if (records[0]!.offset !== next) this.violations.push(`${records[0]!.offset} instead of ${next}`);
        next = nextOffset;
      }
    }
    const member = new Counting(driver, consumerOptions(uniqueName('group'), topic));
    try {
      await member.port.start();
      await waitUntil(() => next > count || member.fatal.length + member.troubles.length > 0);
      expect([...member.fatal, ...member.troubles, ...member.violations]).toEqual([]);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(count + 1);
      expect(Math.max(...sizes)).toBe(100_000);
    } finally {
      await member.port.stop(5_000);
    }
  });

  test.each(topics)('is read to its end, and at single offsets: %s', async topic => {
    let seen = 0;
    const onRecord = (): void => void (seen += 1);
    expect(await driver.readToEnd({ topic, from: new Map(), onRecord })).toEqual(
      new Map([[0, BigInt(count + 1)]]),
    );
    expect(seen).toBe(count + 1);
    const found: bigint[] = [];
    const wanted = [5n, 499_999n, 999_999n, 1_000_000n];
    const onRecords = (_: number, records: readonly RawRecord[]): void =>
      void found.push(...records.map(({ offset }) => offset));
    await driver.readAt({ topic, offsets: new Map([[0, wanted]]), onRecords });
    expect(found).toEqual(wanted);
  });
});
