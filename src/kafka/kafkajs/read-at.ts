import { BrokerError } from '../../errors.js';
import type { ReadAtOptions } from '../driver.js';
import { withCluster } from './check-transactions.js';
import type { KafkaClient } from './connection-config.js';
import { toBrokerError } from './judge-kafka-error.js';
import { PartitionRecords } from './partition-records.js';

const maxBytes = 1024 * 1024;

/** Reads single records without a group, where it is known at which offsets they lie: one partition after the other. */
export async function readAt(
  client: KafkaClient,
  { topic, offsets, onRecords, untilRoom, signal }: ReadAtOptions,
): Promise<ReadonlyMap<number, readonly bigint[]>> {
  const destroy = (): void => client.destroy();
  signal?.addEventListener('abort', destroy);
  try {
    return await withCluster(client, 'none', async cluster => {
      await cluster.addMultipleTargetTopics([topic]);
      const missing = new Map<number, readonly bigint[]>();
      for (const [partition, wanted] of offsets) {
        const reading = new PartitionRecords(cluster, { topic, partition, onRecords, untilRoom, signal });
        missing.set(partition, await reading.read(wanted, () => maxBytes));
      }
      return missing;
    });
  } catch (error) {
    throw error instanceof BrokerError ? error : toBrokerError(`cannot read topic ${topic}`, error);
  } finally {
    signal?.removeEventListener('abort', destroy);
    client.destroy();
  }
}
