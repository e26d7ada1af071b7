import type { OutgoingRecord, ProducerPort } from '../../kafka/driver.js';

/**
 * Bytes collected before they are sent. Also keeps each request below Kafka's default `message.max.bytes` (1 MiB) with
 * chunks of the default size.
 */
const waveBytes = 900_000;

/**
 * Sends messages to the partitions they are for. Those of one partition arrive in the order in which they are made;
 * partitions are sent to at the same time. Resolves when all are acknowledged by all in-sync replicas.
 *
 * @param partitionOf - 0-based
 * @param onSent - called after each acknowledged send with what was sent, by partition, in order
 * @throws {BrokerError} Kafka refused or could not be reached; a part may be on the topic
 */
export async function sendChunks<T extends OutgoingRecord>(
  producer: ProducerPort,
  topic: string,
  messages: Iterable<T>,
  partitionOf: (message: T) => number,
  onSent: (sent: ReadonlyMap<number, readonly T[]>) => void,
): Promise<void> {
  for (const wave of waves(messages)) {
    const byPartition = groupByPartition(wave, partitionOf);
    await Promise.all([...byPartition].map(([partition, list]) => producer.send(topic, partition, list)));
    onSent(byPartition);
  }
}

function groupByPartition<T>(messages: readonly T[], partitionOf: (message: T) => number): Map<number, T[]> {
  const byPartition = new Map<number, T[]>();
  for (const message of messages) {
    const partition = partitionOf(message);
    const others = byPartition.get(partition);
    if (others === undefined) byPartition.set(partition, [message]);
    else others.push(message);
  }
  return byPartition;
}

/** Groups of messages of at most `waveBytes` together, or of one message that is larger. */
function* waves<T extends OutgoingRecord>(messages: Iterable<T>): Generator<T[], void, void> {
  let wave: T[] = [];
  let byteCount = 0;
  for (const message of messages) {
    if (wave.length > 0 && byteCount + (message.value?.length ?? 0) > waveBytes) {
      yield wave;
      wave = [];
      byteCount = 0;
    }
    wave.push(message);
    byteCount += message.value?.length ?? 0;
  }
  if (wave.length > 0) yield wave;
}
