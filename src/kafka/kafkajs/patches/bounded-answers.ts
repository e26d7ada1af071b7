import { whileDecoded, type FetchAnswer } from '../fetch-answers.js';
import { processWide } from '../process-wide.js';
import type { DecodedFetch, FetchArguments, FetchRule } from './fetch-rules.js';

/** How many times as large compressed batches became, as last seen, by topic. */
const growths = processWide('growth of answers', () => new Map<string, number>());
const mostTopics = 1_000;

/**
 * Makes an answer no larger than what was asked for, and one batch, also where batches are compressed: a megabyte of zeros can become a
 * gigabyte, and kafkajs decompresses all of an answer before it hands out the first record.
 *
 * Batches that would be too much are left out, as if the broker had cut them off. So that they are not fetched again and again, less is
 * asked for where batches have grown. A broker answers with at least one whole batch, so that reading goes on however little that is.
 */
export const boundAnswers: FetchRule = {
  ask: askedFor,
  async decode({ raw, asked: { maxBytes } }, decode) {
    const { result, answer } = await whileDecoded(raw, maxBytes, decode);
    // An answer without records, as when there is nothing new or a quota is used up, says nothing of what comes next.
    for (const topic of topicsWithRecords(result)) remember(topic, answer);
    return result;
  },
};

function topicsWithRecords({ responses }: DecodedFetch): string[] {
  return responses
    .filter(({ partitions }) => partitions.some(({ messages }) => messages.length > 0))
    .map(({ topicName }) => topicName);
}

function remember(topic: string, { compressedBytes, decompressedBytes }: FetchAnswer): void {
  // Anew at the end of the map, from where the oldest ones are removed.
  growths.delete(topic);
  if (decompressedBytes > compressedBytes) growths.set(topic, decompressedBytes / compressedBytes);
  if (growths.size > mostTopics) growths.delete(growths.keys().next().value!);
}

/** Of several topics, what the one that grows the most allows. */
function askedFor(args: FetchArguments): FetchArguments {
  const growth = args.topics.reduce((most, { topic }) => Math.max(most, growths.get(topic) ?? 1), 1);
  if (growth === 1) return args;
  const less = (bytes: number): number => Math.ceil(bytes / growth);
  const topics = args.topics.map(topic => ({
    ...topic,
    partitions: topic.partitions.map(partition => ({ ...partition, maxBytes: less(partition.maxBytes) })),
  }));
  return { ...args, maxBytes: less(args.maxBytes), topics };
}
