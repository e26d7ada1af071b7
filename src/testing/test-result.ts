import type { OutgoingMessage } from '../processing/file-work.js';

/** A message that a method made, with its value decoded. */
export interface TestResult {
  /** Path of the file it was made of; empty where the message does not say. */
  readonly file: string;
  readonly topic: string;
  readonly key: string | null;
  /** The value parsed as JSON; undefined when it is none. */
  readonly json: unknown;
  /** The value as text, UTF-8; null when there is no value. */
  readonly text: string | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
  /** The same for each repetition of one result; undefined where the message does not say. */
  readonly resultId: string | undefined;
}

/** Makes a result of the parts that every message has. */
export function testResult(message: Omit<OutgoingMessage, 'timestampMs'>): TestResult {
  const { topic, headers } = message;
  const value = message.value === null ? null : Buffer.from(message.value);
  const text = value === null ? null : value.toString();
  return {
    file: headers['file-path'] ?? '',
    topic,
    key: message.key === null ? null : Buffer.from(message.key).toString(),
    json: text === null ? undefined : parsed(text),
    text,
    value,
    headers,
    resultId: headers['result-id'],
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
