import { crc32 } from 'node:zlib';

/**
 * The partition that librdkafka's default partitioner (`consistent_random`) gives a key: the unsigned CRC-32 of its
 * bytes modulo the number of partitions. OpenMSIStream's uploaders use it, so the chunks of one file lie scattered:
 * the key of each chunk is another one.
 *
 * @param key not empty: librdkafka sends an empty key to a random partition
 * @param partitionCount 1 or more
 */
export function librdkafkaPartition(key: Uint8Array, partitionCount: number): number {
  return crc32(key) % partitionCount;
}
