import type { EmbeddedKafka } from '../embedded-kafka/index.js';
import { decodeCommitMetadata } from '../offsets/commit-metadata.js';

/** How far a worker's group has come with a topic, as its commits tell. */
export interface ReadingPosition {
  /** Everything that is on the topic now has been read. */
  readonly isAtEnd: boolean;
  /** Files of which something was read and that had no outcome at the last commit. */
  readonly openFileCount: number;
}

/** Reads what a group has committed, with the note of its open files. */
export function readingPosition(kafka: EmbeddedKafka, groupId: string, topic: string): ReadingPosition {
  const committed = kafka.committedOffsets(groupId).filter(each => each.topic === topic);
  const open = new Set<string>();
  let isAtEnd = true;
  for (let partition = 0; partition < kafka.partitionCount(topic); partition++) {
    const { start, end } = kafka.offsets(topic, partition);
    if (start === end) continue;
    const last = committed.find(each => each.partition === partition);
    const state = last === undefined ? undefined : decodeCommitMetadata(last, last.metadata);
    if ((state?.readUpTo ?? -1n) < end) isAtEnd = false;
    for (const version of state?.openVersions ?? []) open.add(version);
  }
  return { isAtEnd, openFileCount: open.size };
}
