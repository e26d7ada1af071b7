import { ConfigError } from '../../errors.js';
import type { AdminPort, KafkaDriver, TopicInfo } from '../../kafka/driver.js';
import { countText } from '../../observe/quantity-text.js';
import { whileNotReady, type Patience } from '../while-not-ready.js';
import type { UploadSettings } from './upload-settings.js';

export interface TopicOptions {
  readonly topic: string;
  /** What a topic that does not exist is created with; an existing one must have it. */
  readonly partitions?: number;
  readonly chunkBytes: number;
  readonly isCompressed: boolean;
}

/** A chunk's hashes and names, its key, and what a batch adds. Long names take more. */
const envelopeBytes = 400;

/** Connects, for at most so long, and prepares the topic. @throws as `prepareTopic` */
export function openTopic(
  driver: Pick<KafkaDriver, 'admin' | 'connectionTrouble'>,
  { topic, partitions, worker }: Pick<UploadSettings, 'topic' | 'partitions' | 'worker'>,
  patience: Omit<Patience, 'driver'>,
): Promise<PreparedTopic> {
  const { chunkBytes, compression } = worker;
  const wanted = partitions === undefined ? {} : { partitions };
  return whileNotReady({ ...patience, driver }, async () => {
    const admin = await driver.admin();
    try {
      return await prepareTopic(admin, {
        topic,
        ...wanted,
        chunkBytes,
        isCompressed: compression !== 'none',
      });
    } finally {
      await admin.close();
    }
  });
}

export interface PreparedTopic {
  readonly partitionCount: number;
  readonly warnings: readonly string[];
}

/**
 * Looks at the topic before anything is sent, and creates it where that is asked for.
 *
 * @returns its partitions, and what its owner should know
 * @throws {ConfigError} it does not exist, has other partitions than asked for, or takes no chunk of this size
 * @throws {BrokerError}
 */
export async function prepareTopic(
  admin: AdminPort,
  { topic, partitions, chunkBytes, isCompressed }: TopicOptions,
): Promise<PreparedTopic> {
  let info = await admin.describeTopic(topic);
  if (info === null && partitions !== undefined) {
    await admin.createTopic(topic, partitions);
    info = await admin.describeTopic(topic);
  }
  if (info === null)
    throw new ConfigError(
      `--topic ${topic}: does not exist, or this user may not see it; give --partitions N to create it`,
    );
  const partitionCount = info.partitions.length;
  if (partitions !== undefined && partitions !== partitionCount)
    throw new ConfigError(
      `--partitions ${partitions}: topic ${topic} exists with ${countText(partitionCount, 'partition')}; leave the flag out, or name another topic`,
    );
  return {
    partitionCount,
    warnings: [...sizeWarnings(info, chunkBytes, isCompressed), ...policyWarnings(info)],
  };
}

/** @throws {ConfigError} no chunk of this size would be taken */
function sizeWarnings(info: TopicInfo, chunkBytes: number, isCompressed: boolean): string[] {
  const limit = Number(info.config?.get('max.message.bytes') ?? Number.POSITIVE_INFINITY);
  if (chunkBytes + envelopeBytes <= limit) return [];
  const what = `topic ${info.topic} takes messages of at most ${limit} bytes (max.message.bytes)`;
  if (isCompressed)
    return [`${what}: a chunk of ${chunkBytes} bytes must be compressed by that much, or the upload ends`];
  throw new ConfigError(
    `--chunk-bytes ${chunkBytes}: ${what}, of which a chunk may have ${Math.max(limit - envelopeBytes, 0)}; give smaller chunks, or raise the topic's limit`,
  );
}

function policyWarnings(info: TopicInfo): string[] {
  if (info.config?.get('cleanup.policy')?.includes('compact') !== true) return [];
  return [
    `${info.topic} is compacted: chunks of an older upload vanish when a file is uploaded again; cleanup.policy=delete suits chunks better`,
  ];
}
