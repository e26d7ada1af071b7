import { createRequire } from 'node:module';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { filePartition, keyPartition, murmur2 } from '../../src/wire/file-partition.js';

const load = createRequire(import.meta.url);
/** Another implementation, which Kafka's users of Node rely on. */
const ofKafkajs = load('kafkajs/src/producer/partitioners/default/murmur2.js') as (key: Buffer) => number;

test('hashes as kafkajs does, whatever the bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), bytes => {
      expect(murmur2(bytes)).toBe(ofKafkajs(Buffer.from(bytes)));
    }),
    { numRuns: 1000 },
  );
});

test('gives each partition of the topic about its share of paths', () => {
  const counts = new Array<number>(8).fill(0);
  for (let at = 0; at < 8000; at += 1) counts[filePartition(`day-${at % 30}/scan-${at}.xy`, 8)]! += 1;
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
});

test('a path beyond ASCII is hashed as UTF-8', () => {
  expect(filePartition('Größe/été.xy', 7)).toBe(keyPartition(Buffer.from('Größe/été.xy', 'utf8'), 7));
});
