import { isRunKey } from '../../../src/wire/run-records.js';
import type { BrokerUnderTest } from './broker-under-test.js';
import type { Scene } from './scene.js';
import { TopicReader } from './topic-reader.js';
import { committedOffsets, endOffsets, withAdmin } from './topics.js';

/** Whether the group's offsets are at the ends of all partitions. */
export function isAllCommitted(broker: BrokerUnderTest, scene: Scene): Promise<boolean> {
  return withAdmin(broker.brokers, async admin => {
    const committed = await committedOffsets(admin, scene.groupId, scene.topic);
    const ends = await endOffsets(admin, scene.topic);
    return [...ends].every(([partition, end]) => end === 0n || committed.get(partition) === end);
  });
}

/** The keys of the records of the state topic that are not removed again, but for those about runs of workers. */
export async function keysOnStateTopic(
  broker: BrokerUnderTest,
  scene: Scene,
  waitMs: number,
): Promise<string[]> {
  const reader = await TopicReader.open(broker.brokers, `${scene.groupId}.files`);
  const messages = await reader.catchUp(waitMs);
  await reader.close();
  const latest = new Map(messages.map(({ key, value }) => [key, value.length]));
  return [...latest]
    .filter(([key, length]) => length > 0 && !isRunKey(key))
    .map(([key]) => key)
    .sort();
}
