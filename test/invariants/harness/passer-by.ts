import type { ConsumerHandlers } from '../../../src/kafka/driver.js';
import { createKafkajsDriver } from '../../../src/kafka/kafkajs/create-driver.js';
import { silentLogger } from '../../../src/logger.js';
import type { Scene } from './scene.js';

const nothing = (): void => undefined;
const deaf: ConsumerHandlers = {
  onAssigned: nothing,
  onCommittedOffset: nothing,
  positionOf: () => null,
  onRecords: nothing,
  onPositionReset: nothing,
  onTrouble: nothing,
  onFatal: nothing,
};

/**
 * Joins the group of a scene and leaves it, again and again: two rebalances each time. It has other settings than the workers, so
 * that it never gets a partition.
 *
 * @param isEnough looked at between the visits
 */
export async function passBy(scene: Scene, isEnough: () => boolean): Promise<void> {
  const driver = createKafkajsDriver({
    // Of members that own nothing the one with the first name counts as the group's.
    connection: {
      clientId: 'z-passer-by',
      brokers: scene.brokers,
      connectionTimeoutMs: 5_000,
      requestTimeoutMs: 30_000,
    },
    logger: silentLogger(),
  });
  while (!isEnough()) {
    const member = driver.consumer(
      {
        groupId: scene.groupId,
        topic: scene.topic,
        placement: 'by-file',
        groupSettings: { class: 'PasserBy' },
        sessionTimeoutMs: 2_000,
        heartbeatIntervalMs: 100,
        rebalanceTimeoutMs: 10_000,
        maxBytesPerPartition: 1_000_000,
        maxBytes: 1_000_000,
        maxWaitMs: 50,
        minBytes: 1,
        startFrom: 'latest',
        metadataMaxAgeMs: 60_000,
      },
      deaf,
    );
    await member.start();
    await member.stop(5_000);
  }
}
