import { ConfigError } from '../../errors.js';
import type { CommittedOffset } from '../../kafka/driver.js';

/** Whose offsets these are, and of what. */
export interface CopyingGroup {
  readonly groupId: string;
  /** The source. */
  readonly topic: string;
  /** What stands with each offset that was committed while copying to this very target. */
  readonly metadata: string;
}

/** Names the target and its partitions: with another number of them the chunks of a file would go elsewhere from here on. */
export function metadataFor(to: string, partitionCount: number): string {
  return `colocated to ${to}/${partitionCount}`;
}

/** An offset that something else committed says nothing about what was copied. @throws {ConfigError} it is such a one */
export function checkCommitted(
  { groupId, topic, metadata }: CopyingGroup,
  { partition, offset, metadata: found }: CommittedOffset,
): void {
  if (offset === null || found === metadata) return;
  const text = found === null || found === '' ? 'nothing' : JSON.stringify(found.slice(0, 100));
  throw new ConfigError(
    `--group-id ${groupId}: this group's offset of ${topic}[${partition}] does not say "${metadata}" but ${text}: ` +
      'it was committed by another program, or while copying to another topic, or the target had another number of partitions. ' +
      'Give another group id, and an empty target',
  );
}
