import { ResultError } from '../errors.js';
import type { ResultValue } from './result-value.js';
import { problemOfValue } from './value-problems.js';

export interface ResultMessageOptions {
  /** A text, bytes, or anything that JSON can express; null makes a tombstone. An array is one JSON message here. */
  readonly value: ResultValue | null;
  /** Default: the key OpenMSIStream uses, made of the file's path. null: a message without a key. */
  readonly key?: string | Uint8Array | null;
  /** Added to the ones every result has; those cannot be replaced. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: the topic the worker produces to. */
  readonly topic?: string;
  /** Default: the time of sending. A number is milliseconds since 1970. */
  readonly timestamp?: Date | number;
}

/** Headers that every result message has. */
export const reservedHeaders = [
  'result-id',
  'file-path',
  'file-hash',
  'file-size',
  'source-topic',
  'source-offsets',
  'attempt',
] as const;

/** Shared by all copies of the package in a process, so that each recognises what the others made. */
const brand = Symbol.for('kafka-reproducer.ResultMessage');

/**
 * One message to produce, where the value alone is not enough:
 * `return new ResultMessage({ value: peaks, key: file.filename, headers: { instrument: 'xrd-2' } })`.
 */
export class ResultMessage {
  readonly [brand] = true;
  readonly value: ResultValue | null;
  readonly key?: string | Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly topic?: string;
  /** Milliseconds since 1970. */
  readonly timestampMs?: number;

  /** @throws {ResultError} the text names the field, what was expected and what was found */
  constructor(options: ResultMessageOptions) {
    const { value, key, headers = {}, topic, timestamp } = checkedOptions(options);
    this.value = value;
    if (key !== undefined) this.key = key;
    this.headers = { ...headers };
    if (topic !== undefined) this.topic = topic;
    if (timestamp !== undefined) this.timestampMs = Number(timestamp);
  }
}

export function isResultMessage(value: unknown): value is ResultMessage {
  return typeof value === 'object' && value !== null && brand in value;
}

/** The types say all of this; plain JavaScript and `any` get past them. */
function checkedOptions(options: ResultMessageOptions): ResultMessageOptions {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null || !('value' in given))
    throw new ResultError(
      'ResultMessage: expected an object with `value`, as in new ResultMessage({ value: 42 })',
    );
  const problem =
    (options.value === null ? undefined : problemOfValue(options.value, 'ResultMessage.value')) ??
    problemOfKey(options.key) ??
    problemOfHeaders(options.headers) ??
    problemOfTopic(options.topic) ??
    problemOfTimestamp(options.timestamp);
  if (problem !== undefined) throw new ResultError(problem);
  return options;
}

function problemOfKey(key: unknown): string | undefined {
  if (key == null || typeof key === 'string' || key instanceof Uint8Array) return undefined;
  return `ResultMessage.key: expected a string, a Uint8Array or null, found ${describeType(key)}`;
}

function problemOfHeaders(headers: unknown): string | undefined {
  if (headers === undefined) return undefined;
  if (typeof headers !== 'object' || headers === null || Symbol.iterator in headers)
    return `ResultMessage.headers: expected an object of strings, found ${describeType(headers)}`;
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string')
      return `ResultMessage.headers: '${name}' must be a string, found ${describeType(value)}`;
    if ((reservedHeaders as readonly string[]).includes(name.toLowerCase()))
      return (
        `ResultMessage.headers: '${name}' is set by the worker on every result and cannot be replaced; ` +
        'choose another name'
      );
  }
  return undefined;
}

function problemOfTopic(topic: unknown): string | undefined {
  if (topic === undefined) return undefined;
  if (typeof topic !== 'string')
    return `ResultMessage.topic: expected a string, found ${describeType(topic)}`;
  if (/^[\w.-]{1,249}$/.test(topic) && topic !== '.' && topic !== '..') return undefined;
  return (
    `ResultMessage.topic: '${topic.slice(0, 260)}' cannot be a topic name; Kafka takes 1 to 249 letters, digits, ` +
    "'.', '_' and '-'"
  );
}

function problemOfTimestamp(timestamp: unknown): string | undefined {
  if (timestamp === undefined) return undefined;
  if (typeof timestamp === 'number' || timestamp instanceof Date) {
    const ms = Number(timestamp);
    if (Number.isSafeInteger(ms) && ms >= 0) return undefined;
    return `ResultMessage.timestamp: expected whole milliseconds since 1970, found ${ms}`;
  }
  return `ResultMessage.timestamp: expected a Date or milliseconds since 1970, found ${describeType(timestamp)}`;
}

function describeType(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
