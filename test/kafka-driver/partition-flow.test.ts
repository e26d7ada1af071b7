import type { EachBatchPayload } from 'kafkajs';
import { expect, test } from 'vitest';
import type { ConsumerHandlers } from '../../src/kafka/driver.js';
import { AssignmentTracker } from '../../src/kafka/kafkajs/assignment-tracker.js';
import { PartitionFlow } from '../../src/kafka/kafkajs/partition-flow.js';

/** A flow that owns partition 0 and stands at offset 5. */
function flowAt5() {
  const delivered: string[] = [];
  const sought: bigint[] = [];
  const handlers = {
    onRecords: (_epoch, _partition, records) =>
      delivered.push(...records.map(({ value }) => value!.toString('latin1'))),
  } satisfies Partial<ConsumerHandlers> as unknown as ConsumerHandlers;
  const tracker = new AssignmentTracker();
  tracker.join({ memberId: 'a', generationId: 1, partitions: [0] });
  tracker.begin(0, 5n);
  const place = { topic: 'files', groupId: 'group', startFrom: 'earliest' } as const;
  const flow = new PartitionFlow({ ...place, handlers, tracker });
  flow.seek = (_partition, offset) => sought.push(offset);
  return { flow, tracker, delivered, sought };
}

function batchOf(value: Buffer) {
  const resolved: string[] = [];
  const message = { offset: '5', timestamp: '0', key: null, value, attributes: 0, headers: {} };
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
  const { payload, resolved } = batchOf(Buffer.from('content'));
  flow.onBatch(payload);
  expect({ delivered, sought, resolved }).toEqual({ delivered: ['content'], sought: [], resolved: ['5'] });
  expect(tracker.isBefore(0, 6n)).toBe(false);
});

test('delivers a record without content', () => {
  const { flow, delivered } = flowAt5();
  flow.onBatch(batchOf(Buffer.from('content').subarray(0, 0)).payload);
  expect(delivered).toEqual(['']);
});

test('reads a batch again whose memory was given back, and delivers nothing of it', () => {
  const { flow, tracker, delivered, sought } = flowAt5();
  const value = Buffer.allocUnsafeSlow(100).subarray(10, 20);
  structuredClone(value.buffer, { transfer: [value.buffer] });
  const { payload, resolved } = batchOf(value);
  flow.onBatch(payload);
  expect({ delivered, sought, resolved }).toEqual({ delivered: [], sought: [5n], resolved: [] });
  expect(tracker.isBefore(0, 6n)).toBe(true);
});
