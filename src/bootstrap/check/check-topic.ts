import type { CompiledWorkerOptions } from '../../config/worker-options.js';
import type { PartitionInfo, TopicInfo } from '../../kafka/driver.js';
import { bytesText, countText, numberText } from '../../observe/quantity-text.js';
import type { CheckPoint } from './check-point.js';

/** A message around a chunk: key, hashes, names and the record's own fields, as the fetch sizes are laid out. */
const envelopeBytes = 1024;

type Status = CheckPoint['status'];

/** A setting that is a number; undefined when settings may not be read. */
function topicSetting({ config }: TopicInfo, name: string): number | undefined {
  return numberSetting(config, name);
}

export function numberSetting(config: ReadonlyMap<string, string> | null, name: string): number | undefined {
  const value = Number(config?.get(name) ?? Number.NaN);
  return Number.isFinite(value) ? value : undefined;
}

/**
 * The topic with the chunks: is it there, can it be read, do chunks and fetches fit each other.
 *
 * @param brokerFetchBytes what the brokers give in one fetch at most
 */
export function checkConsumeTopic(
  topic: TopicInfo | null,
  options: CompiledWorkerOptions,
  brokerFetchBytes: number,
): CheckPoint[] {
  const name = options.consumeTopic;
  if (topic === null) return [missingTopic('consume topic', name, '--consume-topic')];
  const point = (status: Status, text: string): CheckPoint => ({ status, subject: 'consume topic', text });
  const count = topic.partitions.reduce(
    (sum, { logStartOffset, endOffset }) => sum + endOffset - logStartOffset,
    0n,
  );
  const points = [
    point(
      'ok',
      `${name} has ${countText(topic.partitions.length, 'partition')} and at most ${countText(Number(count), 'message')}: ${rangesText(topic.partitions)}`,
    ),
    ...leaderProblems('consume topic', topic),
    ...checkChunkSize(topic, options, brokerFetchBytes),
  ];
  if (topic.config?.get('cleanup.policy')?.includes('compact') === true) {
    points.push(
      point(
        'note',
        `${name} is compacted: chunks of an older upload vanish when a file is uploaded again; cleanup.policy=delete suits chunks better`,
      ),
    );
  }
  return points;
}

function checkChunkSize(
  topic: TopicInfo,
  options: CompiledWorkerOptions,
  brokerFetchBytes: number,
): CheckPoint[] {
  const { chunkBytes, maxBytesPerPartition, maxBytes } = options;
  const subject = 'chunk size';
  const needed = chunkBytes + envelopeBytes;
  const fetches = `fetches take ${bytesText(maxBytesPerPartition)} per partition, ${bytesText(maxBytes)} in all`;
  const points: CheckPoint[] = [];
  if (needed > maxBytesPerPartition || needed > maxBytes) {
    points.push({
      status: 'note',
      subject,
      text: `${fetches}: less than one message of ${bytesText(needed)}; Kafka then sends one at a time, which works and is slow. Raise max.partition.fetch.bytes and fetch.max.bytes, or lower --chunk-bytes`,
    });
  } else {
    points.push({
      status: 'ok',
      subject,
      text: `messages with chunks of ${bytesText(chunkBytes)} fit: ${fetches}`,
    });
  }
  if (brokerFetchBytes < maxBytes) {
    points.push({
      status: 'note',
      subject,
      text: `the brokers give at most ${bytesText(brokerFetchBytes)} in a fetch (their fetch.max.bytes): asking for ${bytesText(maxBytes)} changes nothing`,
    });
  }
  const limit = topicSetting(topic, 'max.message.bytes');
  if (limit === undefined) {
    points.push({
      status: 'note',
      subject,
      text: `the largest message that ${topic.topic} takes is not known: no right to read the topic's settings`,
    });
  } else if (limit < needed) {
    points.push({
      status: 'note',
      subject,
      text: `${topic.topic} takes messages of at most ${bytesText(limit)} (max.message.bytes), so nobody can upload chunks of ${bytesText(chunkBytes)} to it uncompressed`,
    });
  }
  return points;
}

/** The topic for results: is it there, will it take them. */
export function checkProduceTopic(topic: TopicInfo | null, name: string): CheckPoint[] {
  if (topic === null) return [missingTopic('produce topic', name, '--produce-topic')];
  const subject = 'produce topic';
  const limit = topicSetting(topic, 'max.message.bytes');
  const size =
    limit === undefined
      ? 'the largest result is not known: no right to read its settings'
      : `a result may have up to ${bytesText(limit)}`;
  return [
    {
      status: limit === undefined ? 'note' : 'ok',
      subject,
      text: `${name} has ${countText(topic.partitions.length, 'partition')}; ${size}`,
    },
    ...leaderProblems(subject, topic),
    ...replicaProblems(topic),
  ];
}

/** The topic that keeps outcomes: will they stay. A missing one is made at start. */
export function checkStateTopic(topic: TopicInfo | null, name: string): CheckPoint[] {
  const subject = 'state topic';
  if (topic === null)
    return [{ status: 'note', subject, text: `${name} does not exist: the worker makes it, if it may` }];
  const problems = leaderProblems(subject, topic);
  if (topic.config?.get('cleanup.policy')?.includes('compact') === false) {
    const text = `${name} is not compacted: set cleanup.policy=compact, or outcomes are forgotten when retention removes them`;
    return [{ status: 'note', subject, text }, ...problems];
  }
  const text = `${name} has ${countText(topic.partitions.length, 'partition')}; outcomes are kept there`;
  return [{ status: 'ok', subject, text }, ...problems];
}

/** The topic for what is given up. A missing one is made at start. */
export function checkDeadLetterTopic(topic: TopicInfo | null, name: string): CheckPoint[] {
  const subject = 'dead letters';
  if (topic === null)
    return [{ status: 'note', subject, text: `${name} does not exist: the worker makes it, if it may` }];
  const text = `${name} has ${countText(topic.partitions.length, 'partition')}; what is given up goes there`;
  return [{ status: 'ok', subject, text }, ...leaderProblems(subject, topic)];
}

/** A topic for heartbeats or log messages. Nobody makes it, and the worker does its work without. */
export function checkAnnouncementTopic(topic: TopicInfo | null, name: string, subject: string): CheckPoint[] {
  if (topic === null) {
    const text = `${name} does not exist, or this user may not see it: no ${subject} are sent before it is there`;
    return [{ status: 'note', subject, text }];
  }
  const text = `${name} has ${countText(topic.partitions.length, 'partition')}; ${subject} go there`;
  return [{ status: 'ok', subject, text }, ...leaderProblems(subject, topic)];
}

/** Results wait for all in-sync replicas; with too few of them the broker takes none. */
function replicaProblems(topic: TopicInfo): CheckPoint[] {
  const needed = topicSetting(topic, 'min.insync.replicas');
  if (needed === undefined) return [];
  const short = topic.partitions.filter(({ inSyncReplicas }) => inSyncReplicas < needed);
  if (short.length === 0) return [];
  const text = `${topic.topic} takes results only with ${countText(needed, 'replica')} in sync (min.insync.replicas); ${partitionList(short)} ${short.length === 1 ? 'has' : 'have'} fewer: start the missing brokers`;
  return [{ status: 'problem', subject: 'produce topic', text }];
}

function leaderProblems(subject: string, topic: TopicInfo): CheckPoint[] {
  const without = topic.partitions.filter(({ leader }) => leader < 0);
  if (without.length === 0) return [];
  return [
    {
      status: 'problem',
      subject,
      text: `${topic.topic}: ${partitionList(without)} ${without.length === 1 ? 'has' : 'have'} no leader: a broker is down`,
    },
  ];
}

function missingTopic(subject: string, name: string, flag: string): CheckPoint {
  return {
    status: 'problem',
    subject,
    text: `${name} does not exist, or this user may not see it: create it, ask for the right, or give another ${flag}`,
  };
}

function partitionList(partitions: readonly PartitionInfo[]): string {
  return `partition${partitions.length === 1 ? '' : 's'} ${partitions.map(({ partition }) => partition).join(',')}`;
}

/** So many partitions are listed with their offsets. */
const listedPartitions = 8;

function rangesText(partitions: readonly PartitionInfo[]): string {
  const ranges = partitions
    .slice(0, listedPartitions)
    .map(({ partition, logStartOffset, endOffset }) => `[${partition}] ${logStartOffset} to ${endOffset}`);
  const rest = partitions.length - ranges.length;
  return `${ranges.join(', ')}${rest > 0 ? `, ${numberText(rest)} more` : ''}`;
}
