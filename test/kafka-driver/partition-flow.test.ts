import type { EachBatchPayload } from 'kafkajs';
import { describe, expect, test } from 'vitest';
import type { ConsumerHandlers } from '../../src/kafka/driver.js';
import { AssignmentTracker } from '../../src/kafka/kafkajs/assignment-tracker.js';
import { internals, type OffsetManager } from '../../src/kafka/kafkajs/kafkajs-internals.js';
import { PartitionFlow } from '../../src/kafka/kafkajs/partition-flow.js';
import { offsetOfEmptyBatch } from '../../src/kafka/kafkajs/patches/empty-batches.js';
import { patchKafkajs } from '../../src/kafka/kafkajs/patches/patch-kafkajs.js';

/** A flow that owns partition 0 and stands at offset 5. */
function flowAt5() {
  const delivered: string[] = [];
  const nextOffsets: bigint[] = [];
  const sought: bigint[] = [];
  const handlers = {
    onRecords: (_epoch, _partition, records, nextOffset) => {
      delivered.push(...records.map(({ value }) => String(value?.toString('latin1'))));
      nextOffsets.push(nextOffset);
    },
    onCommittedOffset: () => undefined,
  } satisfies Partial<ConsumerHandlers> as unknown as ConsumerHandlers;
  const tracker = new AssignmentTracker();
  tracker.join({ memberId: 'a', generationId: 1, partitions: [0] });
  tracker.begin(0, 5n);
  const place = { topic: 'files', groupId: 'group', startFrom: 'earliest' } as const;
  const flow = new PartitionFlow({ ...place, handlers, tracker });
  flow.seek = (_partition, offset) => sought.push(offset);
  return { flow, tracker, delivered, nextOffsets, sought };
}

interface Content {
  readonly key?: Buffer;
  readonly value?: Buffer;
  readonly headers?: Readonly<Record<string, Buffer | readonly Buffer[]>>;
}

function batchOf(content: Content) {
  const resolved: string[] = [];
  const none = { key: null, value: null, headers: {} };
  const message = { offset: '5', timestamp: '0', attributes: 0, ...none, ...content };
  const batch = {
    topic: 'files',
    partition: 0,
    fetchedOffset: '5',
    highWatermark: '6',
    messages: [message],
    lastOffset: () => '5',
  };
  const payload = { batch, resolveOffset: (offset: string) => resolved.push(offset) };
  return { payload: payload as unknown as EachBatchPayload, resolved };
}

test('delivers a batch and moves on', () => {
  const { flow, tracker, delivered, sought } = flowAt5();
  const { payload, resolved } = batchOf({ value: Buffer.from('content') });
  flow.onBatch(payload);
  expect({ delivered, sought, resolved }).toEqual({ delivered: ['content'], sought: [], resolved: ['5'] });
  expect(tracker.judgeFetch(0, 6n)).toEqual({ kind: 'deliver' });
});

test('delivers a record without content', () => {
  const { flow, delivered } = flowAt5();
  flow.onBatch(batchOf({ value: Buffer.from('content').subarray(0, 0) }).payload);
  expect(delivered).toEqual(['']);
});

test.each([
  ['a value', (value: Buffer): Content => ({ value })],
  ['a key alone', (key: Buffer): Content => ({ key })],
  ['a header alone', (header: Buffer): Content => ({ headers: { name: header } })],
  [
    'a header alone that stands twice',
    (header: Buffer): Content => ({ headers: { name: [header, header] } }),
  ],
])('reads a batch again whose memory was given back, with %s, and delivers nothing of it', (_, contentOf) => {
  const { flow, tracker, delivered, sought } = flowAt5();
  const bytes = Buffer.allocUnsafeSlow(100).subarray(10, 20);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  const { payload, resolved } = batchOf(contentOf(bytes));
  flow.onBatch(payload);
  expect({ delivered, sought, resolved }).toEqual({ delivered: [], sought: [5n], resolved: [] });
  expect(tracker.judgeFetch(0, 5n)).toEqual({ kind: 'deliver' });
});

test('delivers a record without any bytes', () => {
  const { flow, nextOffsets } = flowAt5();
  flow.onBatch(batchOf({}).payload);
  expect(nextOffsets).toEqual([6n]);
});

describe('a batch of which nothing is shown', () => {
  const empty = { topic: 'files', partition: 0, batchSize: 0, highWatermark: '20' };

  test('moves on where it was fetched from where the partition stands', () => {
    const { flow, tracker, nextOffsets, sought } = flowAt5();
    flow.onEmptyBatch({ ...empty, fetchedOffset: '5', lastOffset: '8' });
    expect({ nextOffsets, sought }).toEqual({ nextOffsets: [9n], sought: [] });
    expect(tracker.judgeFetch(0, 9n)).toEqual({ kind: 'deliver' });
  });

  /**
   * A broker's answer may come when the fetcher of another broker has joined the group again, as a new member: the partition begins where it
   * was committed, and what lies between would be passed over.
   */
  test('of an earlier generation passes over nothing', () => {
    const { flow, tracker, nextOffsets, sought } = flowAt5();
    flow.onEmptyBatch({ ...empty, fetchedOffset: '12', lastOffset: '14' });
    expect({ nextOffsets, sought }).toEqual({ nextOffsets: [], sought: [5n] });
    expect(tracker.judgeFetch(0, 5n)).toEqual({ kind: 'deliver' });
  });

  test('that comes before the committed offset is known does not decide where the partition begins', () => {
    const { flow, tracker, nextOffsets } = flowAt5();
    const manager = {
      ...{ memberId: 'b', generationId: 2, memberAssignment: { files: [0] } },
      resolvedOffsets: { files: {} },
    } as unknown as OffsetManager;
    flow.onGeneration(manager);
    flow.onGroupJoin();
    flow.onEmptyBatch({ ...empty, fetchedOffset: '12', lastOffset: '14' });
    // As kafkajs does then.
    manager.resolvedOffsets['files']![0] = '15';
    const committed = { partition: 0, offset: '-1', metadata: null };
    flow.onOffsetsFetched(manager, [{ topic: 'files', partitions: [committed] }]);
    expect(manager.resolvedOffsets).toEqual({ files: {} });
    expect(nextOffsets).toEqual([]);
    expect(tracker.isStarted(0)).toBe(true);
  });

  test('is found with where it was fetched from', () => {
    patchKafkajs();
    const batchAt = (offset: string, isControlRecord: boolean) => {
      const messages = [{ offset, isControlRecord }];
      const fetched = { partition: 0, highWatermark: '20', lastStableOffset: '20', messages };
      return new internals.Batch!('files', String(BigInt(offset) - 2n), fetched);
    };
    expect(batchAt('14', true).isEmptyDueToFiltering()).toBe(true);
    expect(batchAt('19', false).isEmptyDueToFiltering()).toBe(false);
    expect(offsetOfEmptyBatch()).toBe('12');
  });
});
