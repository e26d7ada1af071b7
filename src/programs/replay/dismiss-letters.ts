import { resolvedMessage } from '../../failures/dead-letter-message.js';
import type { KafkaDriver } from '../../kafka/driver.js';
import { countText } from '../../observe/quantity-text.js';
import { librdkafkaPartition } from '../../wire/librdkafka-partition.js';
import type { StoredLetter } from '../../engine/replay/stored-letters.js';

/** Marks dead letters as dealt with, without running anything. @returns the exit code */
export async function dismissLetters(
  driver: Pick<KafkaDriver, 'producer'>,
  topic: string,
  letters: readonly StoredLetter[],
): Promise<number> {
  const producer = driver.producer();
  try {
    const partitionCount = await producer.partitionCount(topic);
    for (const { key: name } of letters) {
      const { key, value, headers } = resolvedMessage(topic, name, 'dismissed');
      await producer.send(topic, librdkafkaPartition(key!, partitionCount), [{ key, value, headers }]);
    }
  } finally {
    await producer.close();
  }
  process.stdout.write(`${countText(letters.length, 'dead letter')} dismissed\n`);
  return 0;
}
