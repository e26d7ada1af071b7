import { expect, it } from 'vitest';
import { ReadBack } from '../../src/engine/read-back.js';
import type { KafkaDriver, RawRecord } from '../../src/kafka/driver.js';

const record = (offset: bigint): RawRecord => ({ offset, timestampMs: 0, key: null, value: Buffer.of(1) });
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
};

/** Each record is one request. */
const driver: Pick<KafkaDriver, 'readAt'> = {
  readAt: async ({ offsets, onRecords, untilRoom, signal }) => {
    for (const [partition, wanted] of offsets)
      for (const offset of wanted) {
        await untilRoom?.();
        signal?.throwIfAborted();
        onRecords(partition, [record(offset)]);
      }
    return new Map();
  },
};

class Reading {
  readonly read: bigint[] = [];
  endCount = 0;
  room = 0;
  readonly back = new ReadBack(driver, 'raw', {
    onRecords: (_workId, _partition, records) => {
      this.room -= 1;
      this.read.push(...records.map(({ offset }) => offset));
    },
    onEnded: () => (this.endCount += 1),
    onLog: () => undefined,
    hasRoom: () => this.room > 0,
  });

  start(): void {
    this.back.read(
      1,
      [0n, 1n, 2n].map(offset => ({ partition: 0, offset })),
    );
  }
}

it('chunks are read again as far as there is room in memory, and the rest once there is more', async () => {
  const reading = new Reading();
  reading.room = 1;
  reading.start();
  await turns();
  expect(reading.read).toEqual([0n]);
  reading.back.goOn();
  await turns();
  expect(reading.read).toEqual([0n]);
  reading.room = 2;
  reading.back.goOn();
  await turns();
  expect(reading.read).toEqual([0n, 1n, 2n]);
  expect(reading.endCount).toBe(1);
});

it('nothing waits for room once the worker ends', async () => {
  const reading = new Reading();
  reading.start();
  await turns();
  reading.back.close();
  await turns();
  expect(reading.read).toEqual([]);
  expect(reading.endCount).toBe(0);
});
