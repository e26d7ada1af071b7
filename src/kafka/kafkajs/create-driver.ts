import type { Logger } from '../../logger.js';
import type { AdminPort, ConnectionOptions, KafkaDriver } from '../driver.js';
import { ClusterAdmin } from './cluster-admin.js';
import { registerCompressionCodecs } from './compression.js';
import { createClientFactory, type KafkaClient } from './connection-config.js';
import { findWrongProtocol } from './find-wrong-protocol.js';
import { GroupConsumer } from './group-consumer.js';
import { IdempotentTransport } from './idempotent-transport.js';
import { toBrokerError } from './judge-kafka-error.js';
import { checkKafkajs } from './kafkajs-internals.js';
import { patchKafkajs } from './patches/patch-kafkajs.js';
import { PartitionProducer } from './partition-producer.js';
import { KafkajsRecordReader } from './record-reader.js';
import { RepeatingTransport } from './repeating-transport.js';
import { ProducerClient, type ProducerCompression } from './producer-client.js';
import { readAt } from './read-at.js';
import { readToEnd } from './read-to-end.js';
import { SocketTrouble } from './socket-trouble.js';

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
  patchKafkajs();
  const { brokers } = connection;
  const trouble = new SocketTrouble();
  const createClient = createClientFactory(connection, logger, trouble);
  return {
    consumer: (options, handlers) =>
      new GroupConsumer(options, handlers, { connection, createClient, compression, logger }),
    producer: ({ mayRepeat = false } = {}) => {
      const client = (): ProducerClient =>
        new ProducerClient(createClient(), compression, { idempotent: !mayRepeat });
      const transport = mayRepeat ? new RepeatingTransport(client()) : new IdempotentTransport(client);
      return new PartitionProducer(transport, { brokers, createClient });
    },
    readAt: options => readAt(createClient(), options),
    recordReader: topic => new KafkajsRecordReader(topic, () => createClient()),
    readToEnd: options => readToEnd(createClient(), options),
    admin: () => connectAdmin(connection, createClient()),
    connectionTrouble: () => trouble.error,
  };
}

async function connectAdmin(connection: ConnectionOptions, client: KafkaClient): Promise<AdminPort> {
  try {
    return await ClusterAdmin.connect(client, connection.brokers);
  } catch (error) {
    const wrongProtocol = await findWrongProtocol(connection, (error as Error).cause);
    throw wrongProtocol === undefined ? error : toBrokerError('cannot reach Kafka', wrongProtocol);
  }
}
