import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c } from '../../../src/embedded-kafka/protocol/crc32c.js';
import {
  checkBatch,
  readBatchHeader,
  stampAppendTime,
} from '../../../src/embedded-kafka/protocol/record-batch.js';
import { readRecords } from '../../../src/embedded-kafka/protocol/records.js';
import { buildBatch } from '../build-batch.js';

/** CRC-32C by its definition, bit by bit. */
function plainCrc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

const plain = (records: Buffer): Buffer => records;

describe('crc32c', () => {
  it('gives the check value of the standard', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  });

  it('equals the definition for any bytes at any alignment', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat({ max: 7 }), (bytes, shift) => {
        const memory = new Uint8Array(bytes.length + 8);
        memory.set(bytes, shift);
        expect(crc32c(memory.subarray(shift, shift + bytes.length))).toBe(plainCrc32c(bytes));
      }),
    );
  });
});

describe('record batches', () => {
  it('are accepted whole and refused with any one bit changed', () => {
    const batch = buildBatch({ values: ['one', 'two'] });
    expect(checkBatch(batch)).toBe('ok');
    fc.assert(
      fc.property(fc.integer({ min: 16 * 8, max: batch.length * 8 - 1 }), bit => {
        const changed = Buffer.from(batch);
        changed[bit >> 3]! ^= 1 << (bit & 7);
        expect(checkBatch(changed)).not.toBe('ok');
      }),
    );
  });

  it('are refused when two come at once, cut short, or in an older format', () => {
    const batch = buildBatch({ values: ['one'] });
    expect(checkBatch(Buffer.concat([batch, batch]))).toBe('invalid');
    expect(checkBatch(batch.subarray(0, -1))).toBe('invalid');
    expect(checkBatch(Buffer.alloc(0))).toBe('invalid');
    batch.writeInt8(1, 16);
    expect(checkBatch(batch)).toBe('old-format');
    expect(checkBatch(batch.subarray(0, 40))).toBe('old-format'); // they have shorter headers
  });

  it('give back their records', () => {
    const batch = buildBatch({ values: ['a', 'ü'], firstTimestamp: 5_000n, timestampStepMs: 7n });
    const records = readRecords(batch, plain);
    expect(records.map(({ offset, timestamp, value }) => [offset, timestamp, value!.toString()])).toEqual([
      [0n, 5_000n, 'a'],
      [1n, 5_007n, 'ü'],
    ]);
  });

  it('keep a right checksum when the broker stamps its own time', () => {
    const batch = buildBatch({ values: ['a', 'b'] });
    stampAppendTime(batch, 123_456);
    expect(checkBatch(batch)).toBe('ok');
    expect(readBatchHeader(batch).maxTimestamp).toBe(123_456n);
    expect(readRecords(batch, plain).map(({ timestamp }) => timestamp)).toEqual([123_456n, 123_456n]);
  });
});
