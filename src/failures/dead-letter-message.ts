import type { OutgoingMessage } from '../processing/file-work.js';
import { cutText } from './cut-text.js';
import { deadLetterKey, deadLetterLimits, encodeDeadLetter, type DeadLetter } from './dead-letter.js';
import { parseRanges } from './offset-ranges.js';

/**
 * The message for the dead-letter topic. Beside this package's headers it has those that consumers written for SmallRye (Quarkus)
 * and for Spring read; the place is that of the first chunk. Spring's numbers are big-endian, as its consumers expect.
 */
export function deadLetterMessage(topic: string, letter: DeadLetter): OutgoingMessage {
  return {
    topic,
    key: Buffer.from(deadLetterKey(letter)),
    value: encodeDeadLetter(letter),
    headers: { ...ownHeaders(letter), ...smallRyeHeaders(letter), ...springTexts(letter) },
    binaryHeaders: springNumbers(letter),
  };
}

/** The same failure is dealt with: nothing is left of it once the topic is compacted. */
export function resolvedMessage(topic: string, key: string, how: string): OutgoingMessage {
  return {
    topic,
    key: Buffer.from(key),
    value: null,
    headers: { 'dead-letter': 'resolved', resolution: how },
  };
}

function ownHeaders(letter: DeadLetter): Record<string, string> {
  const { kind, reason, source } = letter;
  const offsets = source.partitions.map(({ partition, offsets }) => `${partition}:${offsets}`).join(' ');
  const common = {
    'dead-letter': kind,
    reason,
    'source-topic': source.topic,
    'source-offsets': cutText(offsets, deadLetterLimits.headerText),
  };
  if (letter.kind === 'message') return common;
  const { path, sha512, size, resultId, attempts } = letter;
  return {
    ...common,
    'file-path': path,
    'file-hash': sha512,
    'file-size': String(size),
    'result-id': resultId,
    attempts: String(attempts),
  };
}

function smallRyeHeaders({ error, source }: DeadLetter): Record<string, string> {
  const { partition, offset } = firstPlace(source);
  return {
    'dead-letter-exception-class-name': error.name,
    'dead-letter-reason': cutText(error.message, deadLetterLimits.headerText),
    'dead-letter-topic': source.topic,
    'dead-letter-partition': String(partition),
    'dead-letter-offset': String(offset),
  };
}

function springTexts({ error, source, groupId }: DeadLetter): Record<string, string> {
  const { stack } = error;
  return {
    'kafka_dlt-original-topic': source.topic,
    'kafka_dlt-original-consumer-group': groupId,
    'kafka_dlt-exception-fqcn': error.name,
    'kafka_dlt-exception-message': cutText(error.message, deadLetterLimits.headerText),
    ...(stack === undefined
      ? {}
      : { 'kafka_dlt-exception-stacktrace': cutText(stack, deadLetterLimits.headerText) }),
  };
}

function springNumbers({ source }: DeadLetter): Record<string, Uint8Array> {
  const place = firstPlace(source);
  const partition = Buffer.alloc(4);
  partition.writeInt32BE(place.partition);
  const offset = Buffer.alloc(8);
  offset.writeBigInt64BE(place.offset);
  return { 'kafka_dlt-original-partition': partition, 'kafka_dlt-original-offset': offset };
}

function firstPlace({ partitions }: DeadLetter['source']): { partition: number; offset: bigint } {
  const [first] = partitions;
  if (first === undefined) return { partition: 0, offset: 0n };
  return { partition: first.partition, offset: parseRanges(first.offsets)[0]!.first };
}
