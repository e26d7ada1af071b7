import type { CompiledWorkerOptions } from '../../config/worker-options.js';
import type { CommittedOffset, TopicInfo } from '../../kafka/driver.js';
import { countText, numberText } from '../../observe/quantity-text.js';
import type { CheckPoint } from './check-point.js';

/** Where the group would go on, and how far that is from the end. */
export function checkGroup(
  committed: readonly CommittedOffset[],
  topic: TopicInfo,
  options: Pick<CompiledWorkerOptions, 'groupId' | 'startFrom'>,
): CheckPoint[] {
  const { groupId, startFrom } = options;
  const subject = 'group';
  const offsets = new Map(committed.map(({ partition, offset }) => [partition, offset]));
  let lag = 0n;
  let newCount = 0;
  const lost: string[] = [];
  for (const { partition, logStartOffset, endOffset } of topic.partitions) {
    const offset = offsets.get(partition) ?? null;
    if (offset === null) {
      newCount += 1;
      if (startFrom === 'earliest') lag += endOffset - logStartOffset;
      continue;
    }
    if (offset < logStartOffset) lost.push(`[${partition}] ${offset} to ${logStartOffset - 1n}`);
    lag += endOffset - (offset < logStartOffset ? logStartOffset : offset);
  }
  const start =
    newCount === 0
      ? ''
      : `; ${countText(newCount, 'partition')} without an offset start at the ${startFrom} message`;
  const known = newCount === topic.partitions.length ? 'is new here' : 'goes on where it was';
  const points: CheckPoint[] = [
    {
      status: 'ok',
      subject,
      text: `${groupId} ${known}, ${numberText(Number(lag < 0n ? 0n : lag))} messages behind the end${start}`,
    },
  ];
  if (lost.length > 0) {
    points.push({
      status: 'note',
      subject,
      text: `messages that ${groupId} has not read are gone from ${topic.topic} (retention): ${lost.join(', ')}`,
    });
  }
  return points;
}
