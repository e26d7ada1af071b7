import type { ProducerPort } from '../../src/kafka/driver.js';

/** Sends records with these values to one partition, in one call. */
export function sendTexts(
  producer: ProducerPort,
  topic: string,
  partition: number,
  texts: readonly string[],
): Promise<void> {
  const records = texts.map(text => ({ key: null, value: Buffer.from(text), headers: {} }));
  return producer.send(topic, partition, records);
}

export function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, n) => `${prefix}${n}`);
}
