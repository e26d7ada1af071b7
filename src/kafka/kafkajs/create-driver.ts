import type { Logger } from '../../logger.js';
import type { ConnectionOptions, KafkaDriver } from '../driver.js';
import { ClusterAdmin } from './cluster-admin.js';
import { registerCompressionCodecs } from './compression.js';
import { createClientFactory } from './connection-config.js';
import { patchGroupFencing } from './group-fencing.js';
import { GroupConsumer } from './group-consumer.js';
import { IdempotentProducer } from './idempotent-producer.js';
import { checkKafkajs } from './kafkajs-internals.js';
import type { ProducerCompression } from './producer-client.js';
import { calmRequestQueues } from './request-queue-timer.js';

export interface KafkajsDriverOptions {
  readonly connection: ConnectionOptions;
  /** Of produced batches; default none. Every compression is read. */
  readonly compression?: ProducerCompression;
  readonly logger: Logger;
}

/**
 * The Kafka client that the rest of the package uses. Nothing connects before it is used.
 *
 * @throws {IllegalStateError} the installed kafkajs is not the version this is made for
 */
export function createKafkajsDriver({
  connection,
  compression = 'none',
  logger,
}: KafkajsDriverOptions): KafkaDriver {
  checkKafkajs();
  registerCompressionCodecs();
  calmRequestQueues();
  patchGroupFencing();
  const { brokers } = connection;
  const createClient = createClientFactory(connection, logger);
  return {
    consumer: (options, handlers) =>
      new GroupConsumer(options, handlers, { brokers, createClient, compression, logger }),
    producer: () => new IdempotentProducer({ brokers, createClient, compression }),
    admin: () => ClusterAdmin.connect(createClient(), brokers),
  };
}
