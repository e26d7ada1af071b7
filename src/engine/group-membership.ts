import { randomUUID } from 'node:crypto';
import type { ConsumerOptions } from '../kafka/driver.js';
import type { EngineOptions } from './engine.js';

type GroupMembership = Pick<ConsumerOptions, 'placement' | 'groupSettings' | 'transactionalId'>;

/** How this worker takes part in its group. */
export function groupMembership({ options, name }: EngineOptions): GroupMembership {
  const { placement, delivery, produceTopic = '', match, stateTopic = '', reprocessIdentical } = options;
  const transactionalId = transactionalIdOf(options);
  return {
    placement: placement === 'by-file' ? 'by-file' : 'one-member',
    // A group whose members do different things with a file, each with a part of the files, is a mistake.
    groupSettings: {
      class: name,
      delivery,
      'produce-topic': produceTopic,
      match: String(match ?? ''),
      'state-topic': stateTopic,
      'reprocess-identical': String(reprocessIdentical ?? false),
    },
    ...(transactionalId === undefined ? {} : { transactionalId }),
  };
}

/**
 * The id of the transactional producer, for exactly-once; begins with the group id, so that a right to a prefix can cover it.
 *
 * Scattered: one for all workers of a group on a topic, for only one of them has partitions at a time. Whoever takes over
 * initialises it, which ends at once what a crashed or paused predecessor left undecided, and shuts that one out.
 *
 * By-file: each process its own, as they produce side by side. What a crashed one left undecided is ended by those that get its
 * partitions.
 */
export function transactionalIdOf({
  delivery,
  placement,
  groupId,
  groupInstanceId,
  consumeTopic,
}: Pick<
  EngineOptions['options'],
  'delivery' | 'placement' | 'groupId' | 'groupInstanceId' | 'consumeTopic'
>): string | undefined {
  if (delivery !== 'exactly-once') return undefined;
  const common = `${groupId}.${consumeTopic}`;
  return placement === 'by-file' ? `${common}.${groupInstanceId ?? randomUUID()}` : common;
}
