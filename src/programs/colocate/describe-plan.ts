import type { TopicInfo } from '../../kafka/driver.js';
import { countText } from '../../observe/quantity-text.js';
import type { ColocateOptions } from './colocate-options.js';
import type { PreparedTarget } from './prepare-target.js';

interface Plan extends PreparedTarget {
  /** The group has committed offsets of the source. */
  readonly hasBegun: boolean;
}

/** What a run would do, for people. */
export function planText(
  { source, target, info, warnings, hasBegun }: Plan,
  { from, to, worker }: ColocateOptions,
): string {
  const state = info === null ? 'would be created' : `exists, ${spanText(info)}`;
  const start = hasBegun
    ? 'has copied a part, and would go on'
    : `would begin at the ${worker.startFrom} message`;
  return [
    `from   ${from}: ${countText(source.partitions.length, 'partition')}, ${spanText(source)}`,
    `to     ${to}: ${countText(target.partitionCount, 'partition')}, ${state}`,
    `group  ${worker.groupId}: ${start}`,
    ...warnings.map(warning => `note   ${warning}`),
    'Nothing was changed.\n',
  ].join('\n');
}

/** Records that nobody of this group has copied: most often an earlier copy as another group, and then there twice. */
export function filledTargetWarning(
  { info, hasBegun }: Plan,
  { from, to, worker }: ColocateOptions,
): string[] {
  if (hasBegun || info === null || spanOf(info) === 0n) return [];
  const held = `${to} holds ${spanText(info)} already, and group ${worker.groupId} has not copied anything yet`;
  return [`${held}: if they are copies of ${from} by another group, they will be there twice`];
}

function spanText(topic: TopicInfo): string {
  return `at most ${countText(Number(spanOf(topic)), 'message')}`;
}

/** Marks of transactions take offsets as well. */
function spanOf({ partitions }: TopicInfo): bigint {
  return partitions.reduce((sum, { logStartOffset, endOffset }) => sum + endOffset - logStartOffset, 0n);
}
