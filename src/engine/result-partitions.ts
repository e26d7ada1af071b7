import type { OutgoingRecord, ProducerPort } from '../kafka/driver.js';
import type { OutgoingMessage } from '../processing/file-work.js';
import { librdkafkaPartition } from '../wire/librdkafka-partition.js';

/** Chooses partitions as the Python original's producer does, so that a key stays in its partition when one replaces the other. */
export class ResultPartitions {
  readonly #producer: Pick<ProducerPort, 'partitionCount'>;
  #roundRobin = 0;

  constructor(producer: Pick<ProducerPort, 'partitionCount'>) {
    this.#producer = producer;
  }

  /** @throws {BrokerError} retriable, also for a topic that does not exist: somebody may create it */
  countOf(topic: string): Promise<number> {
    return this.#producer.partitionCount(topic);
  }

  /** Records of one topic by partition, each in the order of the messages. */
  divide(messages: readonly OutgoingMessage[], partitionCount: number): Map<number, OutgoingRecord[]> {
    const byPartition = new Map<number, OutgoingRecord[]>();
    for (const message of messages) {
      const partition = this.#partitionOf(message, partitionCount);
      const records = byPartition.get(partition) ?? [];
      if (records.length === 0) byPartition.set(partition, records);
      records.push(toRecord(message));
    }
    return byPartition;
  }

  #partitionOf({ key }: OutgoingMessage, partitionCount: number): number {
    if (key !== null && key.length > 0) return librdkafkaPartition(key, partitionCount);
    this.#roundRobin += 1;
    return this.#roundRobin % partitionCount;
  }
}

function toRecord({ key, value, headers, binaryHeaders, timestampMs }: OutgoingMessage): OutgoingRecord {
  const all = binaryHeaders === undefined ? headers : { ...headers, ...binaryHeaders };
  return { key, value, headers: all, ...(timestampMs === undefined ? {} : { timestampMs }) };
}
