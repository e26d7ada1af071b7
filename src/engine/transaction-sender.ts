import { BrokerError } from '../errors.js';
import type { ConsumerPort, PartitionRecords, ProducerPort } from '../kafka/driver.js';
import type { OutgoingMessage } from '../processing/file-work.js';
import type { EngineCommand, EngineEvent } from './messages.js';
import { splitIntoBatches } from './result-batches.js';
import { ResultPartitions } from './result-partitions.js';

export interface TransactionSenderHandlers {
  /** No commit works until somebody changes rights or configuration. */
  onForbidden(error: Error): void;
  /** The messages as they are to be sent: dead letters may have to go to another topic than the one that they were written for. */
  placed(messages: readonly OutgoingMessage[]): readonly OutgoingMessage[];
  /** These were forbidden. @returns whether it can be tried again, as `placed` changes them now */
  makesWay(messages: readonly OutgoingMessage[]): Promise<boolean>;
  /** A transaction failed and is tried again; called each time. */
  onTrouble(error: Error): void;
  onRecovered(): void;
}

type CommitEnded = EngineEvent & { kind: 'commit-ended' };

/** Exactly-once: carries out the engine's commits as transactions, results and offsets together. */
export class TransactionSender {
  readonly #consumer: Pick<ConsumerPort, 'commitTransaction'>;
  readonly #producer: Pick<ProducerPort, 'partitionCount' | 'close'>;
  readonly #partitions: ResultPartitions;
  readonly #handlers: TransactionSenderHandlers;

  /** @param producer is asked for the partitions of topics and sends nothing */
  constructor(
    consumer: Pick<ConsumerPort, 'commitTransaction'>,
    producer: Pick<ProducerPort, 'partitionCount' | 'close'>,
    handlers: TransactionSenderHandlers,
  ) {
    this.#consumer = consumer;
    this.#producer = producer;
    this.#partitions = new ResultPartitions(producer);
    this.#handlers = handlers;
  }

  /** @returns undefined when there is nothing to go on with: `onForbidden` was called */
  async commit(command: EngineCommand & { kind: 'commit' }): Promise<CommitEnded | undefined> {
    const { commitId, epoch, offsets } = command;
    const messages = this.#handlers.placed(command.messages);
    try {
      const records = await this.#divide(messages);
      const result = await this.#consumer.commitTransaction(epoch, records, offsets);
      if (result === 'committed') this.#handlers.onRecovered();
      return { kind: 'commit-ended', commitId, result };
    } catch (error) {
      const failure = asBrokerError(error);
      if (failure.isForbidden) {
        if (await this.#handlers.makesWay(messages))
          return { kind: 'commit-ended', commitId, result: 'failed' };
        this.#handlers.onForbidden(failure);
        return undefined;
      }
      if (!failure.retriable && messages.length > 0)
        return { kind: 'commit-ended', commitId, result: 'refused', error: failure };
      this.#handlers.onTrouble(failure);
      return { kind: 'commit-ended', commitId, result: 'failed' };
    }
  }

  close(): Promise<void> {
    return this.#producer.close();
  }

  async #divide(messages: readonly OutgoingMessage[]): Promise<PartitionRecords[]> {
    const byTopic = new Map<string, OutgoingMessage[]>();
    for (const message of messages) {
      const same = byTopic.get(message.topic);
      if (same === undefined) byTopic.set(message.topic, [message]);
      else same.push(message);
    }
    const divided: PartitionRecords[] = [];
    for (const [topic, ofTopic] of byTopic) {
      const byPartition = this.#partitions.divide(ofTopic, await this.#partitions.countOf(topic));
      for (const [partition, records] of byPartition)
        for (const batch of splitIntoBatches(records)) divided.push({ topic, partition, records: batch });
    }
    return divided;
  }
}

function asBrokerError(error: unknown): BrokerError {
  if (error instanceof BrokerError) return error;
  // Not from Kafka: a bug. Which file it is about is found as for a message that Kafka refuses.
  return new BrokerError('results could not be sent', { cause: error, retriable: false });
}
